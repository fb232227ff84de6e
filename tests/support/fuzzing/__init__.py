"""Fuzzing of every parser and of the way of a photo: targets, their first inputs, and two ways to run them.

`python -m fuzzing TARGET SECONDS` searches, led by coverage (atheris; see `make fuzz`). `tests/fuzz` replays the corpus
and changes it in ways that are the same each time, without atheris.
"""
