"""Kafka's requests and answers: kio's message classes, each API in one version, and the bytes they travel as."""
