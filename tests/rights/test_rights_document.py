"""docs/kafka-security.md has the table as it is. To make it anew: `PYTHONPATH=.:tests/support python -m rights_table`."""

import msgspec
from rights_table import DOCUMENT, parts, table

from streams.settings import Kafka


def test_the_table_is_the_one_of_the_code() -> None:
    assert parts(DOCUMENT.read_text(encoding="utf-8"))[1].splitlines() == table()


def test_the_settings_it_shows_are_settings() -> None:
    import tomllib

    text = DOCUMENT.read_text(encoding="utf-8")
    shown = text.partition("```toml\n")[2].partition("```")[0]
    given = tomllib.loads("\n".join(line.strip() for line in shown.splitlines()))
    kafka = msgspec.convert(given["kafka"], Kafka)
    assert kafka.security_protocol == "SASL_SSL"
    assert kafka.sasl_password is None
