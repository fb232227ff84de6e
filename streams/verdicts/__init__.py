"""What analysts say, floods, held alerts."""
