"""The engine on files."""
