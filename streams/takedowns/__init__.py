"""Lists in, reports out, and a person's own."""
