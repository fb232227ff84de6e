"""The recent listings that a new takedown matches."""
