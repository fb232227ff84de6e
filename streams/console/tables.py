"""The console's tables. What comes from the topics can be made again; `people`, `sessions` and `audit` cannot.

Times are milliseconds since 1970, in UTC; records are their JSON as it was on the topic.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
    text,
)

METADATA = MetaData()

META = Table(
    "meta", METADATA, Column("name", String(300), primary_key=True), Column("value", Text, nullable=False)
)
"""`version` of the tables, and the identity of each topic that was read."""

OFFSETS = Table(
    "offsets",
    METADATA,
    Column("topic", String(250), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

ALERTS = Table(
    "alerts",
    METADATA,
    Column("alert_id", String(256), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("probability", Float, nullable=False),
    Column("caught_by", String(20), nullable=False),
    Column("marketplace", String(100), nullable=False),
    Column("listing_key", Text, nullable=False),
    Column("seller", Text),
    Column("title", Text, nullable=False),
    Column("takedown_id", Text, nullable=False),
    Column("takedown_title", Text, nullable=False),
    Column("authority", Text),
    Column("cluster", Text, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("observed_ms", BigInteger, nullable=False),
    Column("matched_ms", BigInteger, nullable=False),
    Column("took_ms", BigInteger),
    Column("state", String(20), nullable=False),
    Column("texts", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("alerts_queue", "state", "probability", "matched_ms").ddl_if(dialect="postgresql"),
    Index("alerts_age", "state", "matched_ms").ddl_if(dialect="postgresql"),
    Index("alerts_time", "matched_ms"),
    Index("alerts_cluster", "cluster"),
    Index("alerts_takedown", "takedown_id"),
    Index("alerts_seller", "seller", "matched_ms"),
    Index("alerts_listing", "listing_key"),
)
"""`seller`: the account, `marketplace:seller_id`. `cluster`: the least takedown id of the alert's cluster.
`took_ms`: from the listing's arrival on Kafka to the alert's; null where that is not known.
`texts`: the ids and titles that are searched for words, a line each, with ASCII's capital letters small.
`state`: `open`, or the verdict in force: `relist`, `not a relist`, `same backdrop`, `unsure`."""

_FILTERED = "held, kind, marketplace, authority, seller, caught_by, cluster, texts"
for _name, _order in (
    ("alerts_queue", "probability, matched_ms, alert_id"),
    ("alerts_age", "matched_ms, alert_id"),
):
    # SQLite reads whole rows, records included, to filter them; an index that holds all that is filtered by was
    # measured to be four to ten times as fast. Not an `Index`, since texts in one are not cut (`feed.fitting`), and
    # PostgreSQL could not hold them.
    _index = DDL(f"CREATE INDEX {_name} ON alerts (state, {_order}, {_FILTERED})")  # type: ignore[no-untyped-call]
    event.listen(ALERTS, "after_create", _index.execute_if(dialect="sqlite"))

ALERT_TAKEDOWNS = Table(
    "alert_takedowns",
    METADATA,
    Column("takedown_id", String(500), primary_key=True),
    Column("alert_id", String(256), primary_key=True),
    Index("alert_takedowns_alert", "alert_id"),
)
"""The other takedowns of an alert's cluster, beside the one that it is named after."""

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("alert_id", String(256), primary_key=True),
    Column("verdict", String(20), nullable=False),
    Column("by", String(256), nullable=False),
    Column("reason", Text),
    Column("decided_ms", BigInteger, nullable=False),
    Index("verdicts_time", "decided_ms"),
    Index("verdicts_by", "by", "decided_ms"),
)
"""The verdicts in force."""

CLAIMS = Table(
    "claims",
    METADATA,
    Column("alert_id", String(256), primary_key=True),
    Column("person", String(256), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("decision", String(32)),
    Index("claims_decision", "decision"),
    Index("claims_until", "until_ms"),
)
"""Who looks at which alert now, so that two do not decide it unknowingly. `decision`: the one that is being sent to
Kafka; until it is settled nobody decides this alert, or takes it over."""

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("decision", String(32), primary_key=True),
    Column("alert_id", String(256), primary_key=True),
    Column("person", String(256), nullable=False),
    Column("decided_ms", BigInteger, nullable=False),
    Column("before", LargeBinary),
    Index("decisions_person", "person", "decided_ms"),
    Index("decisions_time", "decided_ms"),
)
"""What people decided here within the last day and may take back. `decision`: one press of a button, on one alert or
many. `before`: the verdict's record that was in force until then."""

TAKEDOWNS = Table(
    "takedowns",
    METADATA,
    Column("takedown_id", String(500), primary_key=True),
    Column("listing_key", Text, nullable=False),
    Column("marketplace", String(100), nullable=False),
    Column("seller", Text),
    Column("title", Text, nullable=False),
    Column("authority", Text),
    Column("source", String(20)),
    Column("reason", Text),
    Column("taken_down_ms", BigInteger),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("photos", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("takedowns_listing", "listing_key"),
    Index("takedowns_time", "arrived_ms"),
)
"""`photos`: JSON, `[[image, sha256 or null, url or null], ...]`. A withdrawn one stays, with when."""

TAKEDOWN_PHOTOS = Table(
    "takedown_photos",
    METADATA,
    Column("takedown_id", String(500), primary_key=True),
    Column("digests", Text, nullable=False),
)
"""Which photo of a takedown had which SHA-256, as its fingerprint tells: JSON, `{image: sha256}`. The fingerprint may
come before its takedown; pages look at `takedowns.photos`, in which both are put together."""

REQUESTS = Table(
    "requests",
    METADATA,
    Column("request_id", String(256), primary_key=True),
    Column("link", Text, nullable=False),
    Column("marketplace", String(100)),
    Column("listing_id", Text),
    Column("authority", Text),
    Column("source", String(20)),
    Column("reason", Text),
    Column("by", Text),
    Column("list_name", Text),
    Column("list_sha256", String(64)),
    Column("list_row", Text),
    Column("received_ms", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("unresolved_because", Text),
    Column("takedown_id", Text),
    Column("changed_ms", BigInteger, nullable=False),
    Column("record", LargeBinary),
    Index("requests_list", "list_sha256"),
    Index("requests_state", "state", "received_ms"),
    Index("requests_time", "received_ms"),
    Index("requests_takedown", "takedown_id"),
)
"""What was asked to be taken down, and where it stands: `waiting` until the resolver has said something.
`record`: the newest TakedownStatus with its changes, or null where there is none."""

CHANGES = Table(
    "changes",
    METADATA,
    Column("change_id", Text, primary_key=True),
    Column("takedown_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("changes_takedown", "takedown_id"),
)
"""`takedown-audit`: what became of a takedown."""

SELLER_LINKS = Table(
    "seller_links",
    METADATA,
    Column("link", String(800), primary_key=True),
    Column("left", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("seller_links_left", "left"),
    Index("seller_links_right", "right"),
)
"""`link`: the record's key on the topic. `left` and `right`: the two accounts."""

DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("topic_partition", Integer, nullable=False),
    Column("topic_offset", BigInteger, nullable=False),
    Column("key", Text),
    Column("stage", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("failed_ms", BigInteger, nullable=False),
    Column("replayed_ms", BigInteger),
    Column("replayed_by", Text),
    Index("dead_letters_kind", "error", "stage", "failed_ms"),
    Index("dead_letters_time", "failed_ms"),
    Index("dead_letters_open", "failed_ms", sqlite_where=text("replayed_ms IS NULL")),
)
"""Named by where it stands on `dead-letters`; its raw bytes are read from there when somebody looks."""

HISTORY = Table(
    "history",
    METADATA,
    Column("series", String(200), primary_key=True),
    Column("minute", Integer, primary_key=True),
    Column("value", Float, nullable=False),
)
"""One value a series and minute (since 1970), for a day."""

PEOPLE = Table(
    "people",
    METADATA,
    Column("name", String(256), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("password", Text),
    Column("disabled", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("signed_in_ms", BigInteger),
)
"""`password`: as Argon2 writes it, or null for one whom only the proxy signs in. `signed_in_ms`: last, if ever."""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("person", String(256), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("address", String(100), nullable=False, default=""),
    Column("browser", String(300), nullable=False, default=""),
    Index("sessions_person", "person"),
)
"""`token`: the SHA-256 of what the browser holds. `browser`: what it says it is (User-Agent)."""

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("what", String(300), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index("attempts_until", "until_ms"),
)
"""Failed sign-ins by name and by address; names as their SHA-256, since a password may be typed as one."""

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("person", String(256), nullable=False),
    Column("address", String(100), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_time", "at_ms", "number"),
    Index("audit_person", "person", "at_ms", "number"),
    Index("audit_subject", "subject", "at_ms", "number"),
    Index("audit_action", "action", "at_ms", "number"),
)
"""Who did what: never changed, never removed by the console."""

FROM_TOPICS = (
    ALERTS,
    ALERT_TAKEDOWNS,
    VERDICTS,
    TAKEDOWNS,
    TAKEDOWN_PHOTOS,
    REQUESTS,
    CHANGES,
    SELLER_LINKS,
    DEAD_LETTERS,
    OFFSETS,
)
"""What is thrown away when the topics turn out to be others than those that were read."""
