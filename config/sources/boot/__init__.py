"""How Spring Boot binds an application's properties to Kafka clients and listeners."""
