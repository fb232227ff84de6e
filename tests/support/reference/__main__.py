"""Write the files."""

from reference import DOCS, MADE

for name, made in MADE.items():
    (DOCS / name).write_text(made(), encoding="utf-8")
