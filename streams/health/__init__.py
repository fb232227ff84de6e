"""Probes, heartbeats, and how far the workers are behind."""
