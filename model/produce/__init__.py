"""The produce half: an application, its producer, the network, and the replicas of one partition."""
