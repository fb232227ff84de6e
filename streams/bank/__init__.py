"""Every worker's copy of the takedowns, followed and kept on the disk."""
