"""Requests become takedowns."""
