"""The pages of docs/reference, made from the code: `make reference`. A test says when they are not what it says."""

from pathlib import Path

from reference.commands import commands_page
from reference.errors import errors_page
from reference.records import records_page

FOLDER = Path(__file__).parents[3] / "docs" / "reference"
PAGES = {
    "commands.md": commands_page,
    "records.md": records_page,
    "errors.md": errors_page,
}
"""Each file of docs/reference with what makes it."""
