"""How much machine a load needs: a model fitted to measurements, and what measures them (docs/capacity.md)."""
