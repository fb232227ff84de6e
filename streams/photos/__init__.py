"""Fetched, kept, decoded in processes apart."""
