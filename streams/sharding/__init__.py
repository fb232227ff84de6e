"""Several workers that hold the takedowns together."""
