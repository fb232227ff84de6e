"""`python -m streams.evaluation.titles --data DIR`: titles disguised as sellers disguise them, found or not.

DIR holds titles.csv (columns component and title). The report goes to stdout as markdown. Exit code 0 when it was
measured, whatever came out; 2 when the data or an option is wrong.
"""

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from fingerprints.policy import BUILT_IN
from streams.evaluation.photo_set import HALVES, DataError
from streams.evaluation.report import machine, package_versions
from streams.evaluation.title_cases import Answers, ask
from streams.evaluation.title_disguise_table import EXTRA, TABLE, UNSEEN
from streams.evaluation.title_methods import Ours
from streams.evaluation.title_set import (
    TitleSet,
    joined_products,
    one_product_each,
    read_titles,
    split_titles,
)

RATE = 0.01
"""False alerts at which the goal is set."""
ALERT = -BUILT_IN.prior
"""Nats from which a title alerts with nothing else."""


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the report; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        titles = read_titles(options.data)
        sets = {
            f"{options.half}, one title a product": split_titles(titles, options.half),
            "both halves, half of the titles": split_titles(titles, "both", 0.5),
        }
    except DataError as error:
        sys.stderr.write(f"evaluation: {error}\n")
        return 2
    readings = {"as labelled": one_product_each(titles), "same goods joined": joined_products(titles)}
    columns: dict[str, tuple[TitleSet, Answers]] = {}
    for name, found in sets.items():
        matcher = Ours([(title.takedown_id, title.text) for title in found.bank])
        for reading, products in readings.items():
            sys.stderr.write(f"{name}, {reading}\n")
            answers = ask(
                matcher,
                found,
                (*TABLE, *EXTRA, *UNSEEN),
                each=options.each,
                others=options.others,
                products=products,
            )
            columns[f"{len(found.bank)} takedowns ({name}), {reading}"] = found, answers
    sys.stdout.write("\n".join(report(columns)) + "\n")
    return 0


def report(columns: dict[str, tuple[TitleSet, Answers]]) -> Iterator[str]:
    """Markdown: a row for each disguise, a column for each bank and reading of what a product is."""
    yield f"# Disguised titles: recall at {RATE:.0%} false alerts on other products' titles"
    yield from ("", f"| disguise | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|")
    cuts = {name: answers.cut(RATE) for name, (_, answers) in columns.items()}
    for title, rows in (("", TABLE), ("not in the table: ", EXTRA), ("never tuned on: ", UNSEEN)):
        means = dict.fromkeys(columns, 0.0)
        for disguise in rows:
            recall = {name: a.recall(disguise.name, cuts[name]).value for name, (_, a) in columns.items()}
            yield (
                f"| {title}{disguise.what} | "
                + " | ".join(f"{share:.3f}" for share in recall.values())
                + " |"
            )
            means = {name: means[name] + share / len(rows) for name, share in recall.items()}
        yield f"| **{title}mean** | " + " | ".join(f"**{mean:.3f}**" for mean in means.values()) + " |"
    yield "| score at that rate, nats | " + " | ".join(f"{cut.above:.2f}" for cut in cuts.values()) + " |"
    alone: dict[str, list[float]] = {
        "other products' titles": [_over(a.others) for _, a in columns.values()],
        "the same titles": [_over(a.found["zero-width"]) for _, a in columns.values()],
        "titles with typos": [_over(a.found["typos"]) for _, a in columns.values()],
    }
    for what, shares in alone.items():
        yield f"| {what} that alert alone | " + " | ".join(f"{share:.4f}" for share in shares) + " |"
    counts = (f"{len(a.others)}" for _, a in columns.values())
    yield f"| titles of other products | {' | '.join(counts)} |"
    yield from ("", f"{machine()}; Python {platform.python_version()}; {package_versions()}")


def _over(weights: Sequence[float]) -> float:
    return sum(weight >= ALERT for weight in weights) / len(weights)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation.titles", description="Recall and false alerts on disguised titles."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with titles.csv")
    parser.add_argument(
        "--half", choices=HALVES, default="held-out", help="components to measure on (default: held-out)"
    )
    parser.add_argument("--each", type=int, default=400, help="titles a disguise (default: 400)")
    parser.add_argument("--others", type=int, default=3000, help="titles of other products (default: 3000)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
