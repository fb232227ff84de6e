"""Weights fitted to verdicts and compared."""
