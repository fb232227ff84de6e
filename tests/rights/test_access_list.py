"""What the broker's access list must have, and what a comparison says of one: pure."""

import shlex

import pytest

from streams.rights.access_list import (
    Entry,
    UserError,
    commands,
    compare,
    users_of,
    wanted_entries,
)
from streams.rights.topic_rights import BY_NAME, COMPONENTS, Right, rights_of
from streams.settings import Kafka, Settings, Topics

SETTINGS = Settings(kafka=Kafka(group="relist"), topics=Topics(prefix="rw-"))
WORKER = "User:relistwatch-worker"


def wanted(*components: str) -> list[Entry]:
    users = users_of([])
    return list(wanted_entries(SETTINGS, {name: users[name] for name in components}))


def test_names_are_those_of_the_settings() -> None:
    entries = wanted("worker", "shard", "lookback", "resolver", "exporter", "console")
    groups = {(entry.name, entry.operation, entry.prefixed) for entry in entries if entry.resource == "group"}
    assert groups == {
        ("relist", "Read", False),
        ("relist-lookback-", "Read", True),
        ("relist-resolve", "Read", False),
        ("relist-export-", "Read", True),
        ("relist", "Describe", False),
        ("relist-shard-", "Read", True),
        ("relist-shard-", "Describe", True),
    }
    assert {entry.name[:3] for entry in entries if entry.resource == "topic"} == {"rw-"}


def test_no_component_has_a_right_twice_or_one_that_another_of_its_rights_implies() -> None:
    for component in COMPONENTS:
        rights = rights_of(component, SETTINGS)
        assert len(set(rights)) == len(rights), component.name
        stronger = {(right.resource, right.name) for right in rights if right.operation in {"Read", "Write"}}
        implied = [
            right
            for right in rights
            if right.operation == "Describe" and (right.resource, right.name) in stronger
        ]
        assert implied == [], component.name


def test_nobody_but_who_must_may_write_what_decides() -> None:
    """Takedowns and verdicts decide what is alerted; alerts are what people act on."""

    def writers(topic: str) -> set[str]:
        return {
            component.name
            for component in COMPONENTS
            if Right("topic", f"rw-{topic}", "Write") in rights_of(component, SETTINGS)
        }

    assert writers("takedowns") == {"takedown-connector", "resolver", "desk", "console", "replayer"}
    assert writers("verdicts") == {"verdicts", "console"}
    assert writers("alerts") == {"worker", "shard", "lookback", "releaser", "console"}
    assert writers("takedown-requests") == {"importer", "console", "replayer"}
    for reader in ("exporter", "evidence", "analysis", "trace", "doctor"):
        assert {each.operation for each in rights_of(BY_NAME[reader], SETTINGS)} <= {
            "Read",
            "Describe",
            "DescribeConfigs",
        }


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: each.name)
def test_each_entry_that_is_gone_is_missed_alone(component: object) -> None:
    entries = wanted(component.name)  # type: ignore[attr-defined]
    for gone in entries:
        found = compare(entries, [entry for entry in entries if entry != gone])
        assert (found.missing, found.too_much) == ((gone,), ())


def test_a_wider_entry_is_enough_and_is_too_much() -> None:
    entries = wanted("connector")
    principal = entries[0].principal
    wide = [Entry(principal, "topic", "rw-", "All", prefixed=True), *entries[1:]]
    found = compare(entries, wide)
    assert found.missing == ()
    assert found.too_much == (wide[0],)
    everywhere = [Entry("User:*", "topic", "*", "All")]
    found = compare(entries, everywhere)
    assert found.missing == ()
    assert found.too_much == tuple(everywhere)


@pytest.mark.parametrize(
    "other",
    [
        Entry(WORKER, "topic", "rw-verdicts", "Write"),
        Entry(WORKER, "topic", "rw-alerts", "Read"),
        Entry(WORKER, "topic", "elsewhere", "Read"),
        Entry(WORKER, "topic", "rw-listings", "Read", denies=True),
        Entry(WORKER, "cluster", "kafka-cluster", "IdempotentWrite"),
        Entry(WORKER, "topic", "rw-listings", "Read", host="10.0.0.7"),
        Entry("User:*", "topic", "rw-alerts", "Read"),
    ],
    ids=str,
)
def test_what_no_component_needs_is_too_much(other: Entry) -> None:
    found = compare(wanted("worker"), [*wanted("worker"), other])
    assert (found.missing, found.too_much, found.others) == ((), (other,), ())


def test_others_on_our_topics_are_told_and_elsewhere_are_not() -> None:
    on_ours = Entry("User:warehouse", "topic", "rw-alerts", "Read")
    elsewhere = [
        Entry("User:warehouse", "topic", "orders", "Read"),
        Entry("User:*", "topic", "orders", "Write"),
    ]
    found = compare(wanted("worker"), [*wanted("worker"), on_ours, *elsewhere])
    assert (found.missing, found.too_much, found.others) == ((), (), (on_ours,))


@pytest.mark.parametrize(
    ("there", "enough"),
    [
        (Entry(WORKER, "topic", "rw-fingerprints", "Write"), True),
        (Entry(WORKER, "topic", "rw-fingerprints", "All"), True),
        (Entry(WORKER, "topic", "rw-finger", "Read", prefixed=True), True),
        (Entry(WORKER, "topic", "rw-finger", "Read"), False),
        (Entry(WORKER, "group", "rw-fingerprints", "Read"), False),
        (Entry("User:another", "topic", "rw-fingerprints", "Read"), False),
        (Entry(WORKER, "topic", "rw-fingerprints", "DescribeConfigs"), False),
        (Entry(WORKER, "topic", "rw-fingerprints", "Read", denies=True), False),
        (Entry(WORKER, "topic", "rw-fingerprints", "Read", host="10.0.0.7"), False),
    ],
    ids=str,
)
def test_what_covers_a_describe(there: Entry, enough: bool) -> None:
    assert there.covers(Entry(WORKER, "topic", "rw-fingerprints", "Describe")) is enough


def test_a_prefixed_need_is_covered_by_a_prefix_alone() -> None:
    need = Entry(WORKER, "group", "relist-export-", "Read", prefixed=True)
    assert not Entry(WORKER, "group", "relist-export-", "Read").covers(need)
    assert Entry(WORKER, "group", "relist-", "Read", prefixed=True).covers(need)
    assert Entry(WORKER, "group", "*", "Read").covers(need)
    assert not Entry(WORKER, "group", "relist-export-csv", "Read", prefixed=True).covers(need)


def test_commands_say_every_entry_and_no_other() -> None:
    settings = Settings(kafka=Kafka(group="o'group"), topics=Topics(prefix="a-"))
    users = users_of(["worker=User:CN=worker,O=A B"])
    entries = list(wanted_entries(settings, users))
    said = set()
    for line in commands(entries, "kafka.example:9093"):
        words = shlex.split(line)
        assert words[:5] == [
            "kafka-acls", "--bootstrap-server", "kafka.example:9093", "--command-config", "admin.properties",
        ]  # fmt: skip
        rest = words[6:]
        assert words[5] == "--add"
        given: dict[str, list[str]] = {}
        while rest:
            flag = rest.pop(0)
            given.setdefault(flag, []).append("kafka-cluster" if flag == "--cluster" else rest.pop(0))
        (principal,), (operation,) = given["--allow-principal"], given["--operation"]
        prefixed = given.get("--resource-pattern-type") == ["prefixed"]
        for resource in ("topic", "group", "cluster"):
            said |= {
                Entry(principal, resource, name, operation, prefixed)
                for name in given.get(f"--{resource}", [])
            }
    assert said == set(entries)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("worker", "write COMPONENT=User:NAME"),
        ("worker=", "write COMPONENT=User:NAME"),
        ("wrker=User:a", "no component 'wrker'"),
        ("worker=a", "a principal is User:NAME"),
        ("worker=User:*", "not everyone"),
        ("worker=User:", "a principal is User:NAME"),
    ],
)
def test_a_wrong_user_is_refused(given: str, why: str) -> None:
    with pytest.raises(UserError, match=why.replace("*", r"\*")):
        users_of([given])


def test_parts_may_share_a_user() -> None:
    users = users_of(["trace=User:ops", "doctor=User:ops"])
    entries = list(wanted_entries(SETTINGS, {name: users[name] for name in ("trace", "doctor")}))
    assert {entry.principal for entry in entries} == {"User:ops"}
    assert len(set(entries)) == len(entries)
