"""`make bench`: every goal of speed, memory and growth beside its peer, in one run (`python -m streams.bench`)."""
