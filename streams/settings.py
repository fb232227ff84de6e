"""Every setting, once, with its default: a frozen object from a TOML file and the environment.

The environment is read here and nowhere else. `RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS` sets
`bootstrap_servers` in the table `[kafka]`, and wins over the file. `RELISTWATCH_KAFKA__SASL_PASSWORD_FILE` names a
file that holds the value, as secrets of Compose, Kubernetes and systemd are handed over: what is in the environment
can be read by more than what is in a file, and is inherited. A key that no setting bears is an error.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from connectors.takedown_lists.limits import ListLimits
from streams.secret_settings import shown_table
from streams.shards import read_shard
from streams.trusted_networks import networks_of

ENV_PREFIX = "RELISTWATCH_"
CONFIG_FILE_VARIABLE = "RELISTWATCH_CONFIG"
VALUE_FILE_SUFFIX = "_FILE"
"""Of a variable that names the file in which a setting's value stands."""
VALUE_FILE_BYTES = 64 * 1024
"""No setting is longer; a file that is was named by mistake."""

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Port = Annotated[int, Meta(ge=0, le=65535)]


class SettingsError(ValueError):
    """A setting is unknown or has a wrong value; the message names it and its place."""


class Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of one kind. Written out for a log or an error, its secrets are not shown."""

    def __repr__(self) -> str:
        """As msgspec writes it, with *** for each secret that is set."""
        shown = (f"{name}={value!r}" for name, value in shown_table(msgspec.structs.asdict(self)).items())
        return f"{type(self).__name__}({', '.join(shown)})"


class Kafka(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The broker, and how to sign in to it. Passed to every client alike."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Comma-separated host:port."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_check_hostname: bool = True
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None
    group: str = "relistwatch"
    """The workers' consumer group (Faust's app id)."""
    session_timeout: Seconds = 10.0
    """Seconds until a killed worker's partitions go to another. Faust's own default, 60, was measured to
    leave a killed worker's listings waiting a minute."""
    heartbeat_interval: Seconds = 2.0


class Topics(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How `relistwatch topics create` makes the topics."""

    prefix: str = ""
    """Put before every topic name, so that several systems share one broker."""
    generation: Positive = 1
    """Which generation of fingerprints: from 2 on, `fingerprints`, `takedown-fingerprints`, `shard-answers` and the
    groups that read them have its number at the end of their names (docs/runbooks/algorithm-change.md)."""
    partitions: Positive = 8
    replication: Positive = 1
    min_insync: Positive = 1
    max_message_bytes: Annotated[int, Meta(ge=65536)] = 8 * 1024 * 1024
    """The largest record, inline photos included."""


class Worker(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one worker takes work in."""

    only: Literal["everything", "fingerprint"] = "everything"
    """What a worker does: all, or only fingerprint listings and takedowns, where others are `shard`s."""
    shard: Annotated[str, Meta(pattern=r"^([0-9]{1,4}/[0-9]{1,4})?\Z")] = ""
    """The share of the takedowns that this worker holds and matches listings against, such as `2/8`; without one, all.
    The option `--shard` says the same."""
    batch: Positive = 200
    """Most events an agent handles together."""
    batch_within: Seconds = 0.02
    """Longest wait in seconds for a batch to fill."""
    buffer_bytes: Annotated[int, Meta(ge=1)] = 64 * 1024 * 1024
    """Most bytes of messages, inline photos included, that are taken from Kafka and not finished, besides one batch of
    Kafka's answer; the same again of photos fetched and not yet hashed."""
    photo_processes: Annotated[int, Meta(ge=0)] = 0
    """Processes that decode and hash photos; 0 means one a core that it may use (its limits counted)."""
    photo_item_timeout: Seconds = 2.0
    """Seconds one photo may take to decode and hash before its process is ended."""
    data_dir: str = "~/.local/share/relistwatch"
    """Where a worker keeps files of its own; several may share it."""
    snapshot_minutes: Annotated[float, Meta(ge=0)] = 10.0
    """Between two snapshots of the takedowns in `data_dir`, from which the next start is fast; 0 keeps none."""
    heartbeat_seconds: Annotated[float, Meta(ge=0)] = 2.0
    """Between two heartbeats of a running part, connectors among them, on `heartbeats`; 0 sends none."""
    lost_seconds: Annotated[float, Meta(ge=0)] = 120.0
    """A worker that hangs, or that its group does not know, for so long while Kafka answers ends itself with exit code
    75; 0 never. Not below a minute: a rebalance may take as long."""

    def __post_init__(self) -> None:
        """A shard that is none must not begin a group of its own."""
        if self.shard:
            read_shard(self.shard)
            if self.only == "fingerprint":
                raise ValueError("worker.shard matches, worker.only = fingerprint does not: set one of them")


class Photos(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a photo may be, and where it may come from."""

    max_bytes: Positive = 20 * 1024 * 1024
    """Larger downloads are refused."""
    max_pixels: Positive = 50_000_000
    """Larger pictures are refused before they are decoded."""
    fetch_timeout: Seconds = 5.0
    """Seconds for one photo, redirects and body included."""
    fetch_concurrency: Positive = 32
    max_redirects: Annotated[int, Meta(ge=0, le=10)] = 3
    allow_private_addresses: bool = False
    """Fetch from loopback and private networks too: for a marketplace simulator, never in production."""


class PhotoStore(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where photos are kept as they were captured, for evidence and for takedowns of listings that are gone."""

    enabled: bool = True
    folder: str | None = None
    """A local folder; without one, `photos` in the worker's `data_dir`."""
    url: Annotated[str, Meta(pattern=r"^s3://[^/?#\x00-\x20]+(/[^?#\x00-\x1f]*)?\Z")] | None = None
    """A bucket instead, `s3://bucket/prefix`, for workers on several machines. Needs the extra `s3`."""
    s3_endpoint: str | None = None
    """Of an S3-compatible server that is not Amazon's, such as `https://minio.example`."""
    s3_region: str | None = None
    s3_access_key_id: str | None = None
    """Without it, as Amazon's own tools find one: the environment, or the machine's role."""
    s3_secret_access_key: str | None = None
    max_bytes: Annotated[int, Meta(ge=0)] = 200 * 1024**3
    """All photos together; 0 for no limit. A full folder takes no more; `relistwatch evidence prune` makes room, in a
    bucket too."""
    retention_days: Annotated[float, Meta(ge=0)] = 90.0
    """Days since a photo was last seen, before `relistwatch evidence prune` removes it."""
    evidence_days: Annotated[float, Meta(ge=0)] = 0.0
    """The same for photos of takedowns in force, alerts and verdicts; 0 keeps them as long as a record names them."""


class Match(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a listing is an alert."""

    threshold: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """Least probability of an alert."""
    candidates: Positive = 10
    """Takedowns looked at closely for each kind of fingerprint."""
    policy: str | None = None
    """File of the policy that weighs the evidence, as `relistwatch policy fit` writes it; without one the built-in."""
    shadow_policy: str | None = None
    """File of a policy that runs beside: where it would decide otherwise goes to `policy-differences`."""
    common_words: str | None = None
    """File of words that many titles have, read beside the built-in `fingerprints/data/common_words.txt`."""
    same_words: str | None = None
    """File of words that mean the same, a group a line, read beside the built-in `same_words.txt`."""
    allow_accounts: Positive = 3
    """Accounts that analysts cleared with "not a relist", from which a takedown's photo or title counts no more."""
    flood_listings: Annotated[int, Meta(ge=0)] = 200
    """Listings that one takedown may meet in `flood_minutes`; more are held for review. 0 holds none."""
    flood_minutes: Annotated[float, Meta(gt=0)] = 60.0


class Lookback(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How `relistwatch lookback` finds relists that came before their takedown."""

    days: Annotated[float, Meta(gt=0)] = 30.0
    """Listings that arrived within so many days are looked at; `fingerprints` keeps them for 30."""
    settle_seconds: Seconds = 60.0
    """After which every worker matches by a new takedown; then what came meanwhile is looked at once more."""
    nice: Annotated[int, Meta(ge=0, le=19)] = 10
    """How far the process steps back behind others of the machine (`nice`), so that live matching is not delayed."""


class Resolve(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How `relistwatch takedowns resolve` finds the listings that are to be taken down."""

    connectors: str = ""
    """Whom to ask for a listing that was never seen: comma-separated `NAME=FILE`, the source and its options in TOML;
    `NAME@INSTANCE=FILE` for the tokens of a running connector's instance."""
    short_links: bool = True
    """Look short links up that the import could not."""
    batch: Positive = 5000
    """Most requests handled together."""
    first_retry_minutes: Annotated[float, Meta(gt=0)] = 5.0
    """Until an unresolved request is tried again; doubled each time."""
    longest_retry_hours: Annotated[float, Meta(gt=0)] = 24.0
    give_up_days: Annotated[float, Meta(ge=0)] = 7.0
    """After that a request is tried no more, unless its listing is seen after all."""
    print_wait_seconds: Annotated[float, Meta(ge=0)] = 60.0
    """How long a listing that has just come in may take to be fingerprinted, before its takedown goes out without."""


class Web(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a worker answers /livez, /readyz and /metrics."""

    host: str = "127.0.0.1"
    port: Port = 6066
    """0 takes a free port, which the worker logs."""
    enabled: bool = True


class Dashboard(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The console, `relistwatch dashboard`."""

    host: str = "127.0.0.1"
    port: Port = 6070
    """0 takes a free port, which is said at the start."""
    database: str | None = None
    """`sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/NAME` for more than one console (extra `postgres`).
    Without one, `console.sqlite` in the worker's `data_dir`."""
    sign_in: Literal["password", "proxy"] = "password"
    """`proxy`: the web server before it has signed people in, and says who they are in a header."""
    trusted_proxies: str = "127.0.0.1,::1"
    """Comma-separated addresses and networks from which that header, and X-Forwarded-For, are believed."""
    proxy_user_header: str = "X-Forwarded-User"
    proxy_role: Literal["viewer", "analyst", "operator", "admin"] = "viewer"
    """Of people whom the proxy names and the console does not know yet."""
    https: bool = False
    """People reach it by https, through a proxy: cookies are then sent by https alone."""
    hosts: str = ""
    """Comma-separated names by which people reach it; a request for another is refused. Without one, any name: a page
    that has its own name led to this address (DNS rebinding) is then kept out by the sign-in alone."""
    session_hours: Annotated[float, Meta(gt=0)] = 12.0
    """After which people sign in again; a quarter of it without a sign of life ends a session too."""
    language: Literal["en", "id"] = "en"
    """For people whose browser asks for neither English nor Indonesian."""
    claim_minutes: Annotated[float, Meta(gt=0)] = 5.0
    """How long an alert that one analyst has open is kept from others."""
    keep_days: Annotated[float, Meta(gt=0)] = 90.0
    """How long alerts, dead letters and requests are shown."""

    def __post_init__(self) -> None:
        """A mistake here must not wait for the first request: whom the console believes hangs on it."""
        networks_of(self.trusted_proxies)


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings of all commands."""

    kafka: Kafka = field(default_factory=Kafka)
    topics: Topics = field(default_factory=Topics)
    worker: Worker = field(default_factory=Worker)
    photos: Photos = field(default_factory=Photos)
    photo_store: PhotoStore = field(default_factory=PhotoStore)
    match: Match = field(default_factory=Match)
    lookback: Lookback = field(default_factory=Lookback)
    dashboard: Dashboard = field(default_factory=Dashboard)
    resolve: Resolve = field(default_factory=Resolve)
    takedown_lists: ListLimits = field(default_factory=ListLimits)
    web: Web = field(default_factory=Web)


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from a TOML file (default: the one `RELISTWATCH_CONFIG` names, if any) and the environment.

    Raises:
        SettingsError: unknown key, wrong type or value, or a file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    if path is None and (named := environ.get(CONFIG_FILE_VARIABLE)):
        path = Path(named)
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"cannot read {path}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SettingsError(f"{path} is not TOML: {error}") from None
        _convert(values, str(path))
    overrides = _from_environment(environ)
    for section, entries in overrides.items():
        table = values.setdefault(section, {})
        table.update(entries)
    return _convert(values, "environment", strict=not overrides)


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    overrides: dict[str, dict[str, str]] = {}
    for variable, value in environ.items():
        if not variable.startswith(ENV_PREFIX) or variable == CONFIG_FILE_VARIABLE:
            continue
        section, separator, name = variable.removeprefix(ENV_PREFIX).lower().partition("__")
        if not separator:
            raise SettingsError(
                f"{variable}: settings are {ENV_PREFIX}SECTION__NAME, such as {ENV_PREFIX}KAFKA__GROUP"
            )
        if (held := name.removesuffix(VALUE_FILE_SUFFIX.lower())) != name:
            plain = variable.removesuffix(VALUE_FILE_SUFFIX)
            if plain in environ:
                raise SettingsError(f"{variable} and {plain} are both set: which of them is meant?")
            overrides.setdefault(section, {})[held] = _value_in(Path(value), variable)
        else:
            overrides.setdefault(section, {})[name] = value
    return overrides


def _value_in(path: Path, variable: str) -> str:
    """The file's text without the line break that editors and `echo` put at its end."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read(VALUE_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{variable}: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{variable}: {path} is not UTF-8") from None
    if len(text) > VALUE_FILE_BYTES:
        raise SettingsError(f"{variable}: {path} is longer than a setting can be")
    return text.removesuffix("\n").removesuffix("\r")


def _convert(values: Mapping[str, Any], where: str, *, strict: bool = True) -> Settings:
    """Lax where the environment had a say: its values are all text."""
    try:
        return msgspec.convert(values, Settings, strict=strict)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {error}") from None


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as variables that `load_settings` reads back: how a parent hands them to its workers."""
    return {
        f"{ENV_PREFIX}{section.upper()}__{name.upper()}": str(value)
        for section, table in msgspec.to_builtins(settings).items()
        for name, value in table.items()
        if value is not None
    }
