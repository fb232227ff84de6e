"""What makes two listings the same: fingerprints, indexes and the decision. Pure: no I/O, no clock."""
