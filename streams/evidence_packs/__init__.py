"""Archives for authorities."""
