"""
Replication of one partition as its published specification has it, before and after KIP-101, KIP-279 and KIP-320.

A replica is a log, a high watermark, what it believes of the leader, and its copy of the in-sync replicas. The
controller's decisions are requests that are never consumed: they may be lost, delayed, repeated and reordered. Nobody
crashes; who is removed from the in-sync replicas and does nothing more looks the same.

Not modelled: log start offset, batches, unclean leader election, min.insync.replicas, consumers and acknowledgements.
"""
