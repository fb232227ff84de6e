"""Where listings come from and alerts go to: records, the connector SDK, sources and sinks."""
