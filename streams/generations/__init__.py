"""Two versions of the fingerprints side by side."""
