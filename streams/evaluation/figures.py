"""The figures of a run: recall of each edit, false alerts, recall at chosen false-alert rates, backdrops."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from streams.evaluation.cases import Group
from streams.evaluation.outcomes import Outcome
from streams.evaluation.rates import Share, cut_at, share_above

RATES = (0.0005, 0.001, 0.0025, 0.005, 0.01)
"""False-alert rates to look at; the goal is set at 0.5%."""
EDITED: tuple[Group, ...] = ("table", "extra")
UNTAKEN: tuple[Group, ...] = ("negative", "edited negative")


class ShareFigure(Struct, frozen=True):
    """`hits` of `of` as a share, with the ends of its Wilson 95% interval; all None of nothing."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class RecallRow(Struct, frozen=True):
    """One edit. `others_only` counts alerts that name other takedowns and not the right one."""

    edit: str
    what: str
    group: Group
    recall: ShareFigure
    others_only: int
    missed: tuple[str, ...]
    """The photos whose takedown no alert named."""


class NegativeRow(Struct, frozen=True):
    """False alerts on photos that were not taken down; `of_sender` of them name one of the same sender's."""

    group: Group
    alerts: ShareFigure
    of_sender: int
    alerting: tuple[str, ...]
    """The photos with a false alert."""


class RocRow(Struct, frozen=True):
    """Recall where at most `rate` of the negatives alert: `allowed` of them, with probabilities over `above`."""

    negatives: Group
    rate: float
    allowed: int
    above: float
    table: ShareFigure
    extra: ShareFigure


class BackdropRow(Struct, frozen=True):
    """Listings whose best takedown is a same-backdrop pair, and whether it is of the photo's own sender."""

    group: Group
    listings: int
    same_sender: int
    other_sender: int


class Figures(Struct, frozen=True):
    """All that a run measured."""

    recall: tuple[RecallRow, ...]
    overall: dict[str, ShareFigure]
    """Recall over all edits of a group, by its name."""
    negatives: tuple[NegativeRow, ...]
    roc: tuple[RocRow, ...]
    backdrops: tuple[BackdropRow, ...]


def figures_of(outcomes: Sequence[Outcome]) -> Figures:
    """Every figure, rows in the order of the cases."""
    by_group = {
        group: [outcome for outcome in outcomes if outcome.case.group == group]
        for group in (*EDITED, *UNTAKEN)
    }
    return Figures(
        recall=tuple(_recall_rows(outcomes)),
        overall={group: _recall(by_group[group]) for group in EDITED},
        negatives=tuple(_negative_row(group, by_group[group]) for group in UNTAKEN),
        roc=tuple(_roc_row(group, rate, by_group) for group in UNTAKEN if by_group[group] for rate in RATES),
        backdrops=tuple(_backdrop_row(group, found) for group, found in by_group.items()),
    )


def share_figure(hits: int, of: int) -> ShareFigure:
    """The share with its interval."""
    share = Share(hits, of)
    return ShareFigure(hits, of, share.value, *share.interval) if of else ShareFigure(0, 0, None, None, None)


def _recall(outcomes: Sequence[Outcome]) -> ShareFigure:
    return share_figure(sum(outcome.named for outcome in outcomes), len(outcomes))


def _recall_rows(outcomes: Iterable[Outcome]) -> Iterable[RecallRow]:
    by_edit: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.case.edit is not None and outcome.case.group in EDITED:
            by_edit.setdefault(outcome.case.edit.name, []).append(outcome)
    for name, found in by_edit.items():
        case = found[0].case
        yield RecallRow(
            edit=name,
            what=case.edit.what if case.edit else "",
            group=case.group,
            recall=_recall(found),
            others_only=sum(outcome.alerted and not outcome.named for outcome in found),
            missed=tuple(outcome.case.photo.image for outcome in found if not outcome.named),
        )


def _negative_row(group: Group, outcomes: Sequence[Outcome]) -> NegativeRow:
    alerting = [outcome for outcome in outcomes if outcome.alerted]
    return NegativeRow(
        group=group,
        alerts=share_figure(len(alerting), len(outcomes)),
        of_sender=sum(outcome.alert_of_sender for outcome in alerting),
        alerting=tuple(outcome.case.photo.image for outcome in alerting),
    )


def _roc_row(group: Group, rate: float, by_group: dict[Group, list[Outcome]]) -> RocRow:
    cut = cut_at([outcome.probability for outcome in by_group[group]], rate)
    table, extra = (
        share_above([outcome.probability for outcome in by_group[edited]], cut) for edited in EDITED
    )
    return RocRow(
        group,
        rate,
        cut.allowed,
        cut.above,
        share_figure(table.hits, table.of),
        share_figure(extra.hits, extra.of),
    )


def _backdrop_row(group: Group, outcomes: Sequence[Outcome]) -> BackdropRow:
    found = [outcome.backdrop_of_sender for outcome in outcomes if outcome.backdrop_of_sender is not None]
    return BackdropRow(group, len(outcomes), found.count(True), found.count(False))
