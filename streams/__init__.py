"""The running system: Faust agents, topics, settings, metrics and the `relistwatch` command."""
