"""Alerts and verdicts as rows. Pure."""

from connectors.codec import Codec, RecordError
from connectors.events import Alert
from connectors.verdicts import Verdict
from streams.console.ascii_lower import ascii_lower
from streams.console.feed.fitting import Row, fitted
from streams.console.tables import ALERT_TAKEDOWNS, ALERTS, VERDICTS
from streams.epoch import milliseconds
from streams.kafka_clients.message_headers import received_ms
from streams.kafka_clients.record_reader import Record
from streams.verdicts.feed import verdict_of

OPEN = "open"
SEARCHED_CHARACTERS = 1000
"""Of a title."""

_alert = Codec(Alert, ours=True)


def alert_row(record: Record, *, held: bool) -> tuple[Row, Alert]:
    """The row of an alert's record on `alerts`, or where it is held on `held-alerts`; and the alert.

    Raises:
        RecordError: it is no alert, or one that no row can hold.
    """
    if record.value is None:
        raise RecordError("empty-value", "Alert: the message has no value")
    alert = _alert.decode(record.value).record
    return row_of(alert, record.value, held=held, took_ms=_took_ms(record, alert)), alert


def row_of(alert: Alert, raw: bytes, *, held: bool, took_ms: int | None) -> Row:
    """The row of an alert; `raw` as it is kept.

    Raises:
        RecordError: no row can hold it.
    """
    listing, takedown = alert.listing, alert.takedown
    return fitted(
        ALERTS,
        {
            "alert_id": alert.alert_id,
            "kind": alert.kind,
            "probability": alert.probability,
            "caught_by": alert.caught_by,
            "marketplace": listing.marketplace,
            "listing_key": listing.key,
            "seller": account_of(listing.marketplace, listing.seller_id),
            "title": listing.title,
            "takedown_id": takedown.takedown_id,
            "takedown_title": takedown.title,
            "authority": takedown.authority,
            "cluster": min(alert.cluster, default=takedown.takedown_id),
            "held": held,
            "observed_ms": milliseconds(alert.listing_observed_at),
            "matched_ms": milliseconds(alert.matched_at),
            "took_ms": took_ms,
            "state": OPEN,
            "texts": searched(alert),
            "record": raw,
        },
    )


def searched(alert: Alert) -> str:
    """The texts in which words are looked for; ids before titles, which may be of any length."""
    listing, takedown = alert.listing, alert.takedown
    account = account_of(listing.marketplace, listing.seller_id) or ""
    titles = takedown.title[:SEARCHED_CHARACTERS], listing.title[:SEARCHED_CHARACTERS]
    return ascii_lower("\n".join((alert.alert_id, listing.key, takedown.takedown_id, account, *titles)))


def together(alert: Alert) -> list[Row]:
    """The rows of the other takedowns of its cluster, by which the alerts of one that none is named after are found.

    Raises:
        RecordError: no row can hold one.
    """
    others = sorted({*alert.cluster} - {alert.takedown.takedown_id})
    rows = ({"takedown_id": each, "alert_id": alert.alert_id} for each in others)
    return [fitted(ALERT_TAKEDOWNS, row) for row in rows]


def verdict_row(key: str, value: bytes | None) -> tuple[Row, Verdict] | None:
    """The row of a verdict's record, and the verdict; None takes the one under this key back.

    Raises:
        RecordError: it is no verdict. What was in force under this key is taken back all the same.
    """
    verdict = verdict_of(key, value)
    if verdict is None:
        return None
    row = {
        "alert_id": verdict.alert_id,
        "verdict": verdict.verdict,
        "by": verdict.by,
        "reason": verdict.reason,
        "decided_ms": milliseconds(verdict.decided_at),
    }
    return fitted(VERDICTS, row), verdict


def account_of(marketplace: str, seller_id: str | None) -> str | None:
    """The seller's account, over all marketplaces."""
    return None if seller_id is None else f"{marketplace}:{seller_id}"


def _took_ms(record: Record, alert: Alert) -> int | None:
    """From the listing's arrival on Kafka to the alert's, where the match worker carried that along."""
    if alert.caught_by != "arrival":
        return None
    received = received_ms(record.headers)
    return None if received is None else max(0, record.timestamp - received)
