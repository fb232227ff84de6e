"""A batch of messages in, acknowledged records out."""
