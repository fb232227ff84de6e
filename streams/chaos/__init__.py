"""Faults on a real three-node Kafka while listings flow, and a checker that knows all that was planted.

`python -m streams.chaos` runs it, `make chaos` too; docs/chaos.md says what is done and what it proves.
"""
