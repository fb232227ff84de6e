"""Run by a test as a process: people sign in, rightly and wrongly, and pages fail meanwhile.

Its stderr is the log as operators have it; stdout tells which secrets there were, and what was kept and shown.
"""

import json
import logging
import sys
from pathlib import Path

from console_client import console_in, served
from console_people import OTHER_PASSWORD, PASSWORD, Browser, add_person, log_of
from sqlalchemy import select

from streams.console import accounts
from streams.console.tables import ATTEMPTS, METADATA, PEOPLE
from streams.logs import configure_logs

WRONG = "a wrong password 1"
TYPED_AS_NAME = "a password typed as a name"
TOO_SHORT = "brevity"


def main(folder: Path) -> None:
    """All of it, with a database in the folder."""
    configure_logs(as_json=False, level=logging.DEBUG)
    for browser_side in ("httpx", "httpcore"):
        logging.getLogger(browser_side).setLevel(logging.ERROR)
    with console_in(folder) as console, served(console) as site:
        add_person(console, "admin-7", "admin")
        browser = Browser(site)
        browser.sign_in(TYPED_AS_NAME, WRONG)
        pages = [browser.sign_in("admin-7", WRONG), browser.sign_in("admin-7")]
        tokens = [str(browser.session), browser.csrf()]
        own = {"present": PASSWORD, "new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
        pages += [
            browser.post("/people/add", {"name": "viewer-7", "role": "viewer", "password": OTHER_PASSWORD}),
            browser.post("/people/add", {"name": "viewer-8", "role": "viewer", "password": TOO_SHORT}),
            browser.post("/people/password", {"name": "viewer-7", "password": PASSWORD}),
            browser.post("/account/password", own),
            browser.get("/people"),
            browser.get("/audit"),
            browser.get("/audit.csv"),
        ]
        tokens += [str(browser.session), browser.csrf()]
        audit = [str(entry) for entry in log_of(console)]
        with console.database.read() as connection:
            attempts = [str(row) for row in connection.execute(select(ATTEMPTS))]
        working, accounts.password_of = accounts.password_of, _fail
        pages.append(Browser(site).sign_in("admin-7", OTHER_PASSWORD))
        accounts.password_of = working
        METADATA.drop_all(console.database.engine, tables=[PEOPLE])
        stranger = Browser(site)
        pages.append(stranger.client.post("/sign-in", data={"name": "admin-7", "password": OTHER_PASSWORD}))
    passwords = [PASSWORD, OTHER_PASSWORD, WRONG, TOO_SHORT]
    shown = "\n".join(page.text for page in pages)
    told = {"passwords": [*passwords, "argon2id"], "secrets": [*passwords, TYPED_AS_NAME, *tokens]}
    json.dump(told | {"audit": audit, "attempts": attempts, "pages": shown}, sys.stdout)


def _fail(*_: object) -> None:
    raise RuntimeError("a fault in the middle of signing in")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
