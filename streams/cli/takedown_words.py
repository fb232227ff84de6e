"""What an import of a list found, in words and as JSON."""

import json
from typing import TYPE_CHECKING

from streams.words.safe_text import safe_text

if TYPE_CHECKING:
    from collections import Counter

    from connectors.takedown_lists.reading import TakedownList
    from streams.takedowns.importing import Counts, Refusal

TEXT_SHOWN = 120


def summary_lines(source: "TakedownList", counts: "Counts", *, sent: bool, compared: bool) -> list[str]:
    """The counts for a person."""
    lines = [f"{safe_text(source.name, TEXT_SHOWN)} ({source.kind}): {counts.found:,} links to listings"]
    rows = [("new", counts.new, "sent to takedown-requests" if sent else "nothing is sent: a dry run")]
    if counts.unresolved:
        rows.append(
            ("unresolved", counts.unresolved, "of the new: short links whose listing is not known yet")
        )
    form = f"{counts.other_form:,} of them written differently" if counts.other_form else ""
    rows.append(("duplicates", counts.duplicates, form))
    rows.append(("requested before", counts.requested_before, "" if compared else "not compared with Kafka"))
    rows.append(("rejects", counts.rejects.total(), ""))
    lines += [f"  {name:<17}{number:>9,}{'  ' + note if note else ''}" for name, number, note in rows]
    lines += _by("rejects", counts.rejects)
    lines += _by("new, by marketplace", counts.marketplaces)
    return lines


def _by(title: str, numbers: "Counter[str]") -> list[str]:
    if not numbers:
        return []
    return [
        f"{title}:",
        *(f"  {number:>9,}  {safe_text(name, 200)}" for name, number in numbers.most_common()),
    ]


def refusal_line(refusal: "Refusal") -> str:
    """One reject or duplicate."""
    link = f": {safe_text(refusal.link, TEXT_SHOWN)}" if refusal.link else ""
    return f"{safe_text(str(refusal.place), TEXT_SHOWN)}: {safe_text(refusal.why, 200)}{link}"


def summary_json(source: "TakedownList", counts: "Counts", *, sent: int, compared: bool) -> str:
    """The counts for a script."""
    return json.dumps(
        {
            "list": {"name": source.name, "sha256": source.sha256, "kind": source.kind},
            "found": counts.found,
            "new": counts.new,
            "sent": sent,
            "unresolved": counts.unresolved,
            "duplicates": counts.duplicates,
            "other_form": counts.other_form,
            "requested_before": counts.requested_before if compared else None,
            "rejects": counts.rejects.total(),
            "rejects_by_reason": dict(counts.rejects.most_common()),
            "new_by_marketplace": dict(counts.marketplaces.most_common()),
        },
        ensure_ascii=False,
    )
