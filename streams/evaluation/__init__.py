"""How well the engine does, measured from outside: photos edited as sellers edit them, through `relistwatch scan`.

Run by hand or nightly on photos that are not shipped; see docs/benchmarks.md for what was measured.
"""
