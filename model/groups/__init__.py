"""Consumer groups of several members and partitions: who owns what while a group rebalances, under each protocol."""
