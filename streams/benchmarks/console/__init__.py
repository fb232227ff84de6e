"""The console under load: a store full of a drawn market's alerts, and many people who look at it at once.

`python -m streams.benchmarks.console --alerts 100000 --viewers 50 [--database URL]`: a real local Kafka, the topics
filled, `relistwatch dashboard` as a process that feeds its database from them, and then its pages asked.
"""
