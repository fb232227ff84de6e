"""`relistwatch doctor`."""
