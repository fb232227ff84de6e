"""Run by hand."""
