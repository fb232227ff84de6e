"""What an analyst sees of one alert: everything that is known, in the order in which it decides."""

from typing import Any

import msgspec
from sqlalchemy import select

from connectors.events import Alert
from streams.console.context import Console
from streams.console.tables import ALERTS
from streams.console.words import Language


def case_values(console: Console, alert_id: str, language: Language) -> dict[str, Any] | None:
    """The values of `case.html`, all under the one name `case`; None where there is no such alert.

    Reads the database: call it through `console.blocking`. The page that includes the template also takes
    `case.css` and `case.js`; when it fills the fragment anew, `case.js` hears "refilled" by itself.
    """
    with console.database.read() as connection:
        row = connection.execute(select(ALERTS).where(ALERTS.c.alert_id == alert_id)).one_or_none()
    if row is None:
        return None
    alert = msgspec.json.decode(row.record, type=Alert)
    return {"case": {"alert": alert, "language": language}}
