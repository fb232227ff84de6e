"""Write the pages."""

from reference import FOLDER, PAGES

for name, made in PAGES.items():
    (FOLDER / name).write_text(made(), encoding="utf-8")
