"""Small systems about what people believe of Kafka, where the halves of a pipeline have nothing to say."""
