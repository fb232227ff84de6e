"""`python -m streams` is `relistwatch`: how a worker is started where the script is not on the path."""

from streams.cli import main

main()
