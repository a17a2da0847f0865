"""What the user runs: Kafka configuration in, rules and bounds out."""
