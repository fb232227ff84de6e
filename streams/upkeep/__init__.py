"""Topics backed up, restored, and given more partitions."""
