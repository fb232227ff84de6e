"""The table of rights in docs/kafka-security.md, made from the code: `PYTHONPATH=.:tests/support python -m rights_table`."""

from pathlib import Path

from streams.rights.topic_rights import CLUSTER, COMPONENTS, Need
from streams.topics import ALL_TOPICS, TopicSpec

DOCUMENT = Path(__file__).parents[2] / "docs" / "kafka-security.md"
BEGIN, END = "<!-- rights: begin -->\n", "<!-- rights: end -->"


def table() -> list[str]:
    """A section for each component: of each operation the topics or groups, and why."""
    lines: list[str] = []
    for component in COMPONENTS:
        lines += [f"### {component.name}", "", f"`{component.runs}`"]
        lines += ["", "| operation | on | why |", "|---|---|---|"]
        grouped: dict[tuple[str, str], list[Need]] = {}
        for need in component.needs:
            grouped.setdefault((need.operation, need.why), []).append(need)
        for (operation, why), needs in grouped.items():
            lines.append(f"| {operation} | {_names(needs)} | {why} |")
        lines.append("")
    return lines[:-1]


def _names(needs: list[Need]) -> str:
    topics = [need.of.name for need in needs if isinstance(need.of, TopicSpec)]
    if len(topics) == len(ALL_TOPICS):
        return "every topic"
    if len(topics) == len(ALL_TOPICS) - 1:
        (left_out,) = {spec.name for spec in ALL_TOPICS} - set(topics)
        return f"every topic but `{left_out}`"
    return ", ".join(_name(need) for need in needs)


def _name(need: Need) -> str:
    if isinstance(need.of, TopicSpec):
        return f"`{need.of.name}`"
    if need.of == CLUSTER:
        return "the cluster"
    return f"group `<kafka.group>{need.of}{'*' if need.prefixed else ''}`"


def parts(text: str) -> tuple[str, str, str]:
    """The document before the table, the table, and what follows."""
    before, _, rest = text.partition(BEGIN)
    made, _, after = rest.partition(END)
    return before + BEGIN, made, END + after


if __name__ == "__main__":
    before, _, after = parts(DOCUMENT.read_text(encoding="utf-8"))
    DOCUMENT.write_text(before + "\n".join(table()) + "\n" + after, encoding="utf-8")
