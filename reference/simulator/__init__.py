"""The simulator: a cluster, its clients and a network of one seed."""
