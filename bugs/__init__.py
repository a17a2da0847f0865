"""The track record: bugs that Kafka and its clients really had, each found by the search that ordinary verdicts use."""
