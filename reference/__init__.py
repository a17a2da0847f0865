"""The executable reference implementation of Kafka: requests in, answers out, no I/O, a clock that is handed in."""
