"""docs/tutorials/connector-author.md from top to bottom: its files are written, its commands run, its outputs come. The
tables of docs/connectors.md are true.

To make the tables anew: `PYTHONPATH=.:tests/support python -m connector_tables`.
"""

import pytest
from connector_tables import DOCUMENT, TABLES, parts
from doc_blocks import ROOT, blocks
from doc_run import assert_it_says_what_is_printed
from doc_run import outputs as run
from installed_entry_points import environment

TUTORIAL = ROOT / "docs" / "tutorials" / "connector-author.md"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block of the document printed, run in a folder of its own, in this environment's Python."""
    folder = tmp_path_factory.mktemp("doc")
    target = folder / "packages"
    # pip installs into a folder on the path: the environment that runs the tests stays as it is.
    surroundings = environment(folder, target) | {
        "PIP_TARGET": str(target),
        "PIP_UPGRADE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return run(TUTORIAL, folder, surroundings)


def test_the_document_runs_and_says_what_it_prints(outputs: list[str]) -> None:
    assert assert_it_says_what_is_printed(TUTORIAL, outputs) >= 6


def test_no_check_is_left_out_for_the_documents_connector(outputs: list[str]) -> None:
    tested = [number for number, block in enumerate(blocks(TUTORIAL)) if "connectors test" in block.text]
    assert "18 passed, 0 failed, 0 not applicable" in outputs[tested[-1]]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_as_the_code_says(name: str) -> None:
    assert parts(name, DOCUMENT.read_text(encoding="utf-8"))[1].splitlines() == TABLES[name]()
