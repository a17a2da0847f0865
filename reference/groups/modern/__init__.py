"""Consumer groups (KIP-848): the coordinator assigns, and members move towards that one by one."""
