"""Talking to Kafka, whatever for."""
