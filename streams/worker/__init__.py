"""One worker, its agents and what keeps it alive."""
