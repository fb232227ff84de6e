"""A marketplace drawn by program: listings, photos, takedowns and relists with their ground truth.

For the demo, the tests and the benchmarks. The same seed gives the same records and photos, and nothing
is downloaded. Start at `connectors.sample.plan.make_plan`.
"""
