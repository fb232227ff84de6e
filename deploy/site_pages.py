"""What mkdocs does not do by itself: pages from outside docs/, the decisions in the navigation, names that lead there.

- A file outside docs/ that a page links to is on the site too, under repository/ and its path; `nav` names it so. A
  Markdown file is a page, and a link to a folder one to its README.
- `decisions` in `nav` is all of docs/decisions, by number, under their titles.
- Our texts name each other as one finds them in a checkout, such as docs/settings.md or docs/decisions/011. On the
  site these names are links.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OUTSIDE = "repository/"
"""Where the site has files from outside docs/. SECURITY.md beside security.md would be one file on some disks."""
LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?(?=\))")
"""The target of a link or picture that is a path."""
FENCE = re.compile(
    r"(?P<code>^ *(?P<mark>```+).*?^ *(?P=mark) *$|`[^`\n]+`|<!--.*?-->)", re.MULTILINE | re.DOTALL
)
"""What is no prose: code, and comments."""
NAME = re.compile(r"(?<![\w/.\[])(?<!\]\()(?P<name>docs/[\w./-]*\w/?|deploy/README\.md)(?P<anchor>#[\w-]+)?")
"""A file as our texts name it."""
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """All decisions in the place of the word `decisions`."""
    for number, part in enumerate(config.nav or []):
        if part == {"Decisions": "decisions"}:
            config.nav[number] = {"Decisions": ["decisions/index.md", *decisions()]}
    return config


def decisions() -> list[dict[str, str]]:
    """Each decision's title with its file, by number."""
    found = []
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        title = TITLE.search(path.read_text(encoding="utf-8"))
        if title is None:
            raise PluginError(f"{path.name} has no title")
        found.append({title[1]: f"decisions/{path.name}"})
    return found


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take in what lies outside docs/ and is linked to or in the navigation, and what those pages link to."""
    waiting = [(each.src_uri, Path(each.abs_src_path)) for each in files.documentation_pages()]
    waiting += [
        (name, ROOT / name.removeprefix(OUTSIDE))
        for name in named_in(config.nav)
        if name.startswith(OUTSIDE) and (ROOT / name.removeprefix(OUTSIDE)).is_file()
    ]
    while waiting:
        uri, path = waiting.pop()
        if files.get_file_from_path(uri) is None:
            files.append(File.generated(config, uri, abs_src_path=str(path)))
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            targets = {target_of(path, found["path"]) for found in LINK.finditer(text)} - {None}
            waiting += [
                (uri_of(each), each) for each in targets if files.get_file_from_path(uri_of(each)) is None
            ]
    return files


def named_in(nav: Any) -> list[str]:
    """All paths in the navigation."""
    match nav:
        case str():
            return [nav]
        case dict():
            return [name for each in nav.values() for name in named_in(each)]
        case list():
            return [name for each in nav for name in named_in(each)]
    return []


def target_of(page: Path, target: str) -> Path | None:
    """The file in this repository that a page's link leads to; None where there is none."""
    path = (page.parent / target).resolve()
    if path.is_dir():
        path /= "README.md"
    return path if path.is_file() and path.is_relative_to(ROOT) else None


def uri_of(path: Path) -> str:
    """Under which the site has a file."""
    if path.is_relative_to(ROOT / "docs"):
        return path.relative_to(ROOT / "docs").as_posix()
    return OUTSIDE + path.relative_to(ROOT).as_posix()


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Lead links to where the site has the file, and make links of names."""
    source = Path(page.file.abs_src_path)
    here = posixpath.dirname(page.file.src_uri)

    def relative(path: Path) -> str:
        return posixpath.relpath(uri_of(path), here or ".")

    def link(found: re.Match[str]) -> str:
        path = target_of(source, found["path"])
        return found[0] if path is None else relative(path) + (found["anchor"] or "")

    def name(found: re.Match[str]) -> str:
        path = named_file(found["name"])
        if path is None or path == source or files.get_file_from_path(uri_of(path)) is None:
            return found[0]
        return f"[{found[0]}]({relative(path)}{found['anchor'] or ''})"

    parts = FENCE.split(markdown)
    # Of each match the split gives the code and its mark; what stands between them is prose.
    for at in range(0, len(parts), 3):
        parts[at] = NAME.sub(name, LINK.sub(link, parts[at]))
    return "".join(part for at, part in enumerate(parts) if at % 3 != 2 and part is not None)


def named_file(name: str) -> Path | None:
    """The file that a name such as docs/settings.md, docs/decisions/011 or docs/decisions/ means."""
    path = ROOT / name
    if path.is_file():
        return path
    if path.is_dir():
        return path / "index.md" if (path / "index.md").is_file() else None
    numbered = sorted(path.parent.glob(f"{path.name}-*.md")) if path.name.isdigit() else []
    return numbered[0] if len(numbered) == 1 else None
