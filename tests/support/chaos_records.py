"""Records of runs in which nothing was lost, drawn by hypothesis."""

from hypothesis import strategies as st

from streams.chaos.record import FaultRun, Planted, Record, Seen, SeenAlert, SeenLetter

ERRORS = ("malformed-json", "invalid-record", "empty-value")


@st.composite
def clean_records(draw: st.DrawFn) -> Record:
    """Listings, some of them twice on every topic, a relist and a poison at least, and a fault amid them."""
    kinds = draw(st.lists(st.sampled_from(("honest", "relist", "poison")), max_size=12))
    kinds += ["honest", "relist", "poison"]
    planted, seen = [], Seen([], [], [], [], {})
    for number, kind in enumerate(kinds):
        key, version = f"m:l{number}", "" if kind == "poison" else f"v{number}"
        copies = draw(st.integers(1, 3))
        one = Planted(key=key, version=version, kind=kind, sent_at=100.0 + number, acknowledged=True)
        one.channel = draw(st.sampled_from(("producer", "market")))
        seen.listings += [(key, version)] * copies
        if kind == "poison":
            one.error = draw(st.sampled_from(ERRORS))
            seen.letters += [SeenLetter(key, one.error, "listings")] * copies
        else:
            seen.fingerprints += [(key, version)] * copies
        if kind == "relist":
            one.takedown = f"t{number % 3}"
            others = draw(st.lists(st.sampled_from(("t7", "t8")), max_size=2))
            named = tuple(draw(st.permutations([one.takedown, *others])))
            for copy in range(copies):
                topic = draw(st.sampled_from(("alerts", "held-alerts")))
                at = one.sent_at + 0.1 + copy
                seen.alerts.append(SeenAlert(f"a{number}", key, version, "relist", named, at, topic=topic))
        planted.append(one)
    fault = FaultRun("worker-killed", 99.0, 100.0 + len(kinds), 101.0 + len(kinds))
    order = draw(st.permutations(seen.alerts))
    seen.alerts = list(order)
    return Record(1, 10.0, planted, seen, [fault], [])
