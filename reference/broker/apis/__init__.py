"""The other APIs: what a broker answers about itself, its topics and their offsets."""
