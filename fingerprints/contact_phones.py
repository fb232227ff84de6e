"""Phone numbers in plain text, however they are broken up, and nothing that merely has as many digits.

A run of digits (`fingerprints.contact_runs`) is read as a number where it is one by the numbering plan, ends
where a number would end, and either is laid out as numbers are, or is announced ("WA", "hubungi"), or is
spelled out. What is announced as something else (an order, a code, a price, a bank account) is none.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from fingerprints.contact_digits import AFTER_TEEN, AFTER_TENS, TENS, TIMES, read_digits
from fingerprints.contact_numbering import international, international_landline
from fingerprints.contact_runs import TOKEN, DigitRun, DigitUnit, digit_runs
from fingerprints.contact_words import (
    AMOUNTS_AHEAD,
    CODES,
    HINTS,
    INTRODUCTIONS,
    LANDLINE_INTRODUCTIONS,
    NEUTRAL,
)

DIGITS_AT_MOST = 16
"""Of a written number: 00, 62, a needless 0, and twelve more."""
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:(?:19|20)\d\d|1[5-9]|2\d|30)(?!\d)"
)
_TIME = re.compile(r"(?<!\d)(?:[01]\d|2[0-4])[.:][0-5]\d\s?(?:-|s/?d|sampai|~|·|wib)")
_LISTING = re.compile(r"[,/|\n;=]")
"""Marks that stand between several numbers rather than within one,"""
_TIGHT = {",", "/", "|", ";"}
"""unless they stand alone between all groups of it."""
_SIZE_STEP = 6
"""Greatest step between sizes in a row: clothes go by 1 to 4, shoes by 1."""
_CODE_AFTER = re.compile(r"[-_/][a-z]{1,3}\b")
_THOUSANDS = re.compile(r"\.000(?!\d)")
_UNANNOUNCED_AT_LEAST = len("+6281234567890") - 1
"""Characters of a number that nothing announces: 11 digits as written at home. Bank accounts have 10,"""
_OLDEST = "+6281"
"""and of phone numbers only the oldest ranges."""
_NUMBER_OF = frozenset(("no", "nomor", "nomer", "kode", "id"))
"""Words that make "order" and "pesan" the name of a number: "no order 0812..."."""
_SPELLED_AT_LEAST = 3
_NARROW_GAP = 3


_MOBILE_WITHIN = re.compile(r"(?:0|62)0?8[1-9]\d{6}")
_ANNOUNCED_WITHIN = re.compile(r"(?:0|62)?[2-9]\d{6}")
_CHANGING = frozenset((*TIMES, *TENS, AFTER_TEEN, AFTER_TENS))


def may_hold_a_number(text: str) -> bool:
    """False only for a text whose digits, all read one after another, hold no number: most texts, and quickly."""
    tokens = TOKEN.findall(text)
    readings = [reading for token in tokens if (reading := read_digits(token)) is not None]
    digits = "".join(reading.digits for reading in readings)
    if len(digits) < 7:
        return False
    if _MOBILE_WITHIN.search(digits) or not _CHANGING.isdisjoint(tokens):
        return True
    announced = "+" in text or not INTRODUCTIONS.isdisjoint(tokens) or any(one.introduced for one in readings)
    return announced and bool(_ANNOUNCED_WITHIN.search(digits))


def find_phones(text: str) -> Iterator[tuple[int, str]]:
    """Place and E.164 form of each phone number in the plain text, in order; the same number may come twice."""
    if not may_hold_a_number(text):
        return
    for run in digit_runs(text):
        if sum(len(unit.digits) for unit in run.units) >= 9:
            yield from _phones_of(text, run)


def _phones_of(text: str, run: DigitRun) -> Iterator[tuple[int, str]]:
    announcement = _announcement(text, run)
    units = run.units[:-1] if run.amount and _last_is_an_amount(run.units) else run.units
    start = 1 if announcement == "amount" else 0
    if announcement == "code":
        start = next((at for at, unit in enumerate(units) if at and unit.begins_anew), len(units))
    announced, landline = announcement in {"phone", "landline"}, announcement == "landline"
    while start < len(units):
        end, number = _number_at(text, units, start, announced, landline)
        if number is None:
            start += 1
        else:
            yield units[start].start, number
            start = end


def _last_is_an_amount(units: list[DigitUnit]) -> bool:
    """Whether "2" of "0812 3456 7890 2 pcs" is no part of the number; "0" of "0 8 1 2 ... 9 0 pcs" is."""
    last = units[-1]
    if not last.spelled and len(units) > 9 and all(unit.spelled for unit in units[:-1]):
        return True
    if len(last.digits) > 3 or (len(units) > 2 and last.gap_kind and last.gap == units[-2].gap):
        return False
    total = sum(len(unit.digits) for unit in units)
    if len(last.digits) == 3:
        return total > 13
    return total > 12 or any(len(unit.digits) > 2 for unit in units)


def _announcement(text: str, run: DigitRun) -> str:
    """What the words before a run announce: "landline" (or any phone), "phone", "code", "amount", or ""."""
    first = run.units[0]
    if first.introduced:
        return "landline"
    for at, (word, _) in enumerate(run.before):
        if word in INTRODUCTIONS:
            return "landline" if word in LANDLINE_INTRODUCTIONS else "phone"
        if word in HINTS:
            previous = run.before[at + 1][0] if at + 1 < len(run.before) else ""
            return "code" if previous in _NUMBER_OF else ""
        if word in CODES:
            return "code"
        if word in AMOUNTS_AHEAD:
            return "amount"
        if word not in NEUTRAL and at >= 2:
            break
    return "code" if text[max(first.start - 1, 0) : first.start] in {"#", "$"} else ""


def _number_at(
    text: str, units: list[DigitUnit], start: int, announced: bool, landline: bool
) -> tuple[int, str | None]:
    """The number that begins with this unit and the unit after it; None for none."""
    first = units[start]
    if not _may_begin(text, units, start, announced):
        return start, None
    for end in _ends(units, start):
        digits = "".join(unit.digits for unit in units[start:end])
        if first.digits[0] == "8":
            digits = f"0{digits}"
        number = international(digits)
        if number is None and landline and start == 0:
            number = international_landline(digits)
        if number is None:
            continue
        if _is_phone(text, units[start:end], number, announced):
            return end, number
    return start, None


def _may_begin(text: str, units: list[DigitUnit], start: int, announced: bool) -> bool:
    first = units[start]
    before = text[max(first.start - 1, 0) : first.start]
    if start and not (first.begins_anew or before in " (+:" or first.filled):
        return False
    if first.digits[0] == "8":
        return (announced and start == 0) or before == "+"
    if first.digits[0] not in "06" and not (first.spelled and first.digits[0] == "6"):
        return False
    if start and len(first.digits) in {2, 3} and _is_amid(units, start):
        # In the midst of figures: "85 90 08 12 34".
        return any(unit.lettered or unit.spelled for unit in units[start : start + 8])
    # "TS-0812...": an article's code, unless what it hangs on announces a number.
    return (
        announced
        or start > 0
        or not (before in {"-", "_", "."} and text[first.start - 2 : first.start - 1].isalnum())
    )


def _is_amid(units: list[DigitUnit], start: int) -> bool:
    """Whether nothing parts this unit from the one before more than from the one after: "85 90 08 12"."""
    before, after = units[start - 1], units[start + 1 : start + 2]
    rest = "".join(unit.digits for unit in units[start : start + 9])
    if rest.startswith("08") and len(units) - start >= 6 and international(rest) is not None:
        return False  # "40 41 08 12 34 56 78 90": all that is left is one number in pairs
    amount = before.digits == "000" and before.gap == "."
    return not amount and [unit.gap for unit in after] == [units[start].gap]


def _ends(units: list[DigitUnit], start: int) -> list[int]:
    """Where a number that begins with this unit may end (the unit after it), the likeliest first."""
    total, ends, whole = 0, [], []
    for at in range(start, len(units)):
        total += len(units[at].digits)
        if total > DIGITS_AT_MOST:
            break
        if total >= 9:
            ends.append(at + 1)
            if at + 1 == len(units) or _ends_before(units, start, at + 1, total):
                whole.append(at + 1)
    if len(units[start].digits) >= 10 and ends[:1] == [start + 1]:
        # A number in one piece has all its digits, unless single ones trail it to the run's end.
        trailing = units[start + 1 :]
        single = bool(trailing) and all(len(unit.digits) == 1 and len(unit.gap) <= 2 for unit in trailing)
        return [len(units), start + 1] if single else [start + 1]
    return whole[::-1] if not _has_break(units, start, whole) else whole


def _has_break(units: list[DigitUnit], start: int, whole: list[int]) -> bool:
    """Whether the first possible end is before a gap that ends numbers, within a number that had none."""
    if len(whole) < 2:
        return False
    inside = any(unit.begins_anew for unit in units[start + 1 : whole[0]])
    return units[whole[0]].begins_anew and not inside


def _ends_before(units: list[DigitUnit], start: int, at: int, total: int) -> bool:
    """Whether a number can end before the unit at `at`: its gap is of another kind, or the next number begins."""
    after = units[at]
    if after.begins_anew or after.filled:
        return True
    if after.digits.startswith(("08", "628")) and len(after.digits) >= 3:
        return True
    if total >= 11 and after.digits == "0" and at + 1 < len(units) and units[at + 1].digits[0] == "8":
        return True
    inside = {unit.gap_kind for unit in units[start + 1 : at]}
    return bool(inside) and after.gap_kind not in inside


def _is_phone(text: str, units: list[DigitUnit], number: str, announced: bool) -> bool:
    """Whether these digits, a number by the plan, are one by how they are written."""
    first, end = units[0], units[-1].end
    written = text[first.start : end + 2]
    if announced:
        if first.digits[0] == "8" and text[max(first.start - 1, 0) : first.start] != "+":
            return (
                len(first.digits) >= 3 or _is_spelled(units) or all(len(unit.digits) == 1 for unit in units)
            )
        return not (all(len(unit.digits) == 2 for unit in units) and _TIME.search(written))
    if len(number) < _UNANNOUNCED_AT_LEAST and not number.startswith(_OLDEST):
        return False
    return not _CODE_AFTER.match(text[end : end + 5]) and _is_laid_out(text, units)


def _is_laid_out(text: str, units: list[DigitUnit]) -> bool:
    """Whether digits that nothing announces are written as only a phone number is."""
    if len(units) == 1 or _is_spelled(units):
        return True
    written = text[units[0].start : units[-1].end]
    if _DATE.search(written) or _TIME.search(f"{written}{text[units[-1].end : units[-1].end + 2]}"):
        return False
    if all(unit.digits[0] == "0" for unit in units) and len({len(unit.digits) for unit in units}) == 1:
        return False  # codes of one width: "0811 0812 0813"
    if _has_words(units):
        return True
    if any(_LISTING.search(unit.gap) for unit in units[1:]):
        gaps = {unit.gap for unit in units[1:]}
        return len(gaps) == 1 and gaps <= _TIGHT and all(len(unit.digits) >= 3 for unit in units)
    return all(len(unit.digits) == 1 for unit in units) or _is_grouped(text, units)


def _is_spelled(units: list[DigitUnit]) -> bool:
    return sum(unit.spelled for unit in units) >= _SPELLED_AT_LEAST or any(
        unit.spelled and len(unit.digits) >= 4 for unit in units
    )


def _has_words(units: list[DigitUnit]) -> bool:
    """Number words, or letters for digits, among the digits: nobody writes sizes and dates so."""
    return any(unit.spelled for unit in units) or sum(unit.lettered for unit in units) > 1


def _is_grouped(text: str, units: list[DigitUnit]) -> bool:
    """Whether groups are those of "0812-3456-7890" and the like: few, even, and parted in one way."""
    first, *others = units
    plus = text[max(first.start - 1, 0) : first.start] == "+"
    if first.digits in {"62", "0062"} and others:
        plus, first, *others = plus or len(others[0].digits) >= 3, *others
        if first.digits == "0" and others:  # +62 (0)812
            first, *others = others
    sizes = [len(unit.digits) for unit in others]
    pairs = set(sizes[:-1]) == {2} and sizes[-1] <= 3
    if not others or len(others) > 6 or not (pairs or (min(sizes[:-1], default=3) >= 3 and sizes[-1] >= 2)):
        return False
    if any(_THOUSANDS.match(text, unit.end) for unit in units[:-1] if unit.gap_kind != "."):
        return False
    if len(first.digits) == 2 and not plus:
        return len(others) == 1 or (
            pairs and len({unit.gap for unit in others}) == 1 and not _are_sizes(units)
        )
    if len(first.digits) < 3:
        return False
    kinds = {unit.gap_kind for unit in others[1:]} | ({others[0].gap_kind} - {")"})
    narrow = all(len(unit.gap) <= _NARROW_GAP or unit.filled for unit in others)
    return (
        plus
        or len(kinds) == 1
        or (")" in others[0].gap and narrow)
        or (not narrow and len(first.digits) >= 4)
    )


def _are_sizes(units: list[DigitUnit]) -> bool:
    return all(0 < int(right.digits) - int(left.digits) <= _SIZE_STEP for left, right in pairwise(units))
