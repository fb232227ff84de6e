"""What of docs/ is made from the code: `make reference`. A test says when it is not what the code says."""

from pathlib import Path

from reference.architecture import architecture
from reference.commands import commands_page
from reference.errors import errors_page
from reference.records import records_page

DOCS = Path(__file__).parents[3] / "docs"
MADE = {
    "reference/commands.md": commands_page,
    "reference/records.md": records_page,
    "reference/errors.md": errors_page,
    "assets/architecture.svg": architecture,
}
"""Each file with what makes it."""
