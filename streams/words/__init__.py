"""What a record says to a person."""
