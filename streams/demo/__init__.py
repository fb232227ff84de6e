"""The whole system on one machine, for all to see."""
