"""Classic groups: members join, their leader assigns, and all learn it (JoinGroup, SyncGroup)."""
