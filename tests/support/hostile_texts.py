"""Texts that try to be more than text, and a page's script that tells whether one succeeded."""

import unicodedata
from typing import Any

MARK = "ATTACKED"
"""Stands in each of them, by which a test sees that a page shows it at all."""
RUNS = (
    f"{MARK}'\"></textarea></title></style></script><script>window.owned=1;alert(1)</script>"
    '<img src=x onerror="window.owned=1;alert(1)"><svg onload=alert(1)></svg><x-owned id=owned></x-owned>'
    '<a href="javascript:alert(1)">klik</a>{{ 7*7 }}${7*7}\u202e\u2066\x1b[2J\x07'
)
"""Leaves whatever it stands in, and runs; turns the line round; moves a terminal's cursor."""
KEY = RUNS.replace("\x1b[2J\x07", "")[:250]
"""The same as an id, which has no controls and 256 characters at most."""
LINKS = (
    "javascript:alert(1)//" + RUNS,
    "JaVaScRiPt:alert(1)",
    "\x01javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    'https://evil.example/"onmouseover="alert(1)',
    "//evil.example/",
    "https://evil.example@good.example/",
)
"""Addresses that no page may lead to."""


def assert_harmless(text: str) -> None:
    """Nothing in it moves a terminal's cursor or hides what stands beside it."""
    hidden = {character for character in text if unicodedata.category(character) in {"Cc", "Cf"}} - {"\n"}
    assert not hidden


WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
"""Put into each page before its own scripts."""

FOUND = """() => {
  const bad = [];
  const hidden = /[\\u202a-\\u202e\\u2066-\\u2069\\x1b\\x07]/;
  if (window.owned) bad.push("a script ran");
  for (const violation of window.violations ?? []) bad.push(`policy: ${violation}`);
  for (const element of document.querySelectorAll("x-owned, iframe, object, embed, base, frame, applet, meta[http-equiv=refresh]"))
    bad.push(`element ${element.outerHTML.slice(0, 200)}`);
  for (const element of document.querySelectorAll("*")) for (const { name, value } of element.attributes) {
    if (name.startsWith("on")) bad.push(`${element.tagName} has ${name}`);
    // Scripts write such into the page when something happens; an alert's id is only looked up.
    if (name.startsWith("data-") && name !== "data-alert" && hidden.test(value))
      bad.push(`${element.tagName} has a hidden sign in ${name}, to be shown`);
    if (["href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset"].includes(name)
        && /^(javascript|vbscript|data:text)/i.test(value.replace(/[\\s\\x00-\\x20]/g, "")))
      bad.push(`${element.tagName} ${name}=${value.slice(0, 100)}`);
    // A listing's own address may be led to, in a tab that knows nothing of ours; nothing else may.
    const apart = element.tagName === "A" && element.target === "_blank" && /noopener noreferrer/.test(element.rel);
    if (["href", "src", "action", "formaction"].includes(name) && /evil\\.example/.test(value) && !apart)
      bad.push(`${element.tagName} leads to ${value.slice(0, 100)}`);
  }
  for (const script of document.scripts)
    if (!script.src && script.type !== "application/json") bad.push(`inline script ${script.text.slice(0, 100)}`);
  const shown = document.documentElement.innerText, sign = shown.search(hidden);
  if (sign >= 0) bad.push(`a hidden sign is shown after: ${shown.slice(Math.max(0, sign - 300), sign)}`);
  return bad;
}"""


class Watched:
    """A page of a real browser that tells what a hostile text made it do. `home`: the one place it may ask."""

    def __init__(self, page: Any, home: str) -> None:
        self.page, self.wrong = page, list[str]()
        page.set_default_timeout(15_000)
        page.add_init_script(WATCH)
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        page.on("console", self._heard)
        page.on("request", lambda asked: self._asked(asked.url, home))

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _heard(self, message: Any) -> None:
        # What cannot be loaded is named by the browser itself; here photos are not there on purpose.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(message.text)

    def _asked(self, url: str, home: str) -> None:
        if not url.startswith((home, "data:image/", "about:")):
            self.wrong.append(f"asks {url[:200]}")

    def found(self) -> list[str]:
        """All that went wrong so far."""
        return [*self.wrong, *self.page.evaluate(FOUND)]
