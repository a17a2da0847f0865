"""What Kafka does: pure components, actions and rules. It imports nothing of ours."""
