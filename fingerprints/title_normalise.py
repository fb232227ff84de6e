"""A title without its disguise: plain lower-case words with single spaces between them.

What is undone, in this order: text written backwards and turned by a mark, invisible characters, accents,
decorative fonts and lookalike letters (`fingerprints.lookalikes`), digits and signs written for letters,
repeated letters, and words taken apart ("j a k e t", "j.a.k.e.t", "ja🔥k🔥et"). Sizes, numbers and codes
("501", "xl2", "a1", "2in1") stay as they are.
"""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from fingerprints.lookalikes import OTHER, PlainCharacters

READ_AT_MOST = 16_384
"""Characters of the input that are looked at; what follows is ignored, so a million cost no more."""
LENGTH_AT_MOST = 1_000
"""Characters of the plain text that are kept; marketplaces allow 60 to 255."""
REMEMBERED_LETTERS = 32
"""Longest piece of a title whose reading is remembered: a hostile stream must not fill the memory."""

FEW_PIECES, SHORT_PIECE = 3, 3
"""Pieces of a word taken apart have at most so many letters on average, unless they are this few."""

_CHARACTERS = PlainCharacters()
_TURNED = re.compile("\u202e([^\u202c\u2069]*)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_INDICATORS = re.compile("[\U0001f1e6-\U0001f1ff]+")
_TOKEN = re.compile(r"[$@!]*[^\W_](?:[^\W_]|[@$!]+(?=[^\W_])|[@$!]*[@$](?![^\W_]))*")
_PIECE = re.compile(r"\S+")
_JOINING = frozenset(f"{OTHER}.-_'*~^`")
"""Signs that stand inside a word taken apart; a slash, a comma, a plus are between words."""
_LEET = str.maketrans("034567890@$!", "oeasgtbgoasi")
_QUANTITY = re.compile(
    r"\d+(?:x\d+)?(?:k|ka|rb|rbu|ribu|jt|pcs|pc|psg|set|pack|pak|ml|l|ltr|cc|g|gr|gram|kg|mg|mcg|cm|mm|m|mtr|meter|inch|in|yard"
    r"|th|thn|tahun|bln|bulan|hari|jam|menit|w|watt|v|volt|a|mah|mp|gb|mb|tb|hz|d|xl|s|x|in\d|way|ply|pin|pax|lsn|lusin|sisi"
    r"|st|nd|rd|warna|lembar|lbr|buah|bh|an)"
)
_CODE = re.compile(r"[^\W\d_]{1,2}\d+|[^\W\d_]+\d|\d+[^\W\d_]?|[^\W\d_]\d[^\W\d_]?\d?|x+[sl]\d*|.*\d{3}.*")
_SIZE = re.compile(r"x{1,4}[sl]")
_REPEATED = re.compile(r"([^\W\d_])\1+")
_RUN_AT_LEAST = 3
"""Single characters in a row that make a word taken apart; two are initials or sizes."""


def normalise_title(text: str) -> str:
    """The plain words of a title; empty when nothing readable is left.

    Never raises. Only letters and digits (a-z and 0-9 wherever there is a Latin reading) and single spaces,
    at most `LENGTH_AT_MOST` characters; normalising again changes nothing. Linear in `READ_AT_MOST`.
    """
    text = text[:READ_AT_MOST]
    if text.isascii() and text.isprintable():
        text = text.lower()
    else:
        text = _INDICATORS.sub(_letters_or_flags(text), _KEYCAP.sub(OTHER, _TURNED.sub(_backwards, text)))
        text = text.translate(_CHARACTERS)
    text = text[:LENGTH_AT_MOST]
    words: list[str] = []
    single = 0
    for piece in text.split():
        found, letters = _words_of(piece) if len(piece) <= REMEMBERED_LETTERS else _read(piece)
        words += found
        single += letters
    return " ".join(words) if single < _RUN_AT_LEAST else " ".join(_taken_apart(text))


def plain_word(word: str) -> str:
    """One word with its digits and signs read as letters where it is a word, its repeats collapsed."""
    while not word.isalpha():
        plain = word if _is_code(word) else _read_leet(word)
        plain = plain if plain.isalnum() else "".join(filter(str.isalnum, plain.translate(_LEET)))
        if plain == word:
            break
        word = plain
    if _SIZE.fullmatch(word):
        return word
    return _REPEATED.sub(r"\1", word)


@lru_cache(maxsize=65_536)
def all_as_letters(word: str) -> str:
    """A word of `normalise_title` with every digit read as a letter, whatever it may be: "745" as "tas"."""
    return _REPEATED.sub(r"\1", _read_leet(word.replace("2", "z")))


def _backwards(turned: re.Match[str]) -> str:
    return turned[1][::-1]


def _letters_or_flags(text: str) -> str:
    """What regional indicators become: pairs are flags, unless a run of them can be no flags."""
    for run in _INDICATORS.findall(text):
        pairs = {run[at : at + 2] for at in range(0, len(run), 2)}
        if len(run) % 2 or len(pairs) > 1:
            return r"\g<0>"
    return OTHER


def _read(piece: str) -> tuple[tuple[str, ...], int]:
    """The words of a title's piece without spaces, and how many are single characters."""
    matches = list(_TOKEN.finditer(piece))
    if len(matches) > 1 and _is_one_word(piece, matches):
        words = [plain_word("".join(match[0] for match in matches))]
    else:
        words = [plain_word(match[0]) for match in matches]
    return tuple(words), sum(len(word) == 1 for word in words)


_words_of = lru_cache(maxsize=65_536)(_read)


def _is_one_word(piece: str, matches: list[re.Match[str]]) -> bool:
    """Whether signs inside take one word apart: single letters stand among short pieces of it."""
    tokens = [match[0] for match in matches]
    letters = sum(map(len, tokens))
    singles = sum(len(token) == 1 for token in tokens)
    if not 0 < singles < len(tokens) or any(map(str.isdecimal, tokens)):
        return False
    if len(tokens) > FEW_PIECES and letters > SHORT_PIECE * len(tokens):
        return False
    return all(_JOINING.issuperset(piece[one.end() : other.start()]) for one, other in pairwise(matches))


def _taken_apart(text: str) -> list[str]:
    """The words of a title in which single letters stand in a row."""
    words: list[str] = []
    gaps: list[str] = []
    ended = 0
    for piece in _PIECE.finditer(text):
        found = list(_TOKEN.finditer(piece[0]))
        spans = [(match.start(), match.end(), match[0]) for match in found]
        if len(found) > 1 and _is_one_word(piece[0], found):
            spans = [(spans[0][0], spans[-1][1], "".join(token for _, _, token in spans))]
        for start, end, token in spans:
            gaps.append(text[ended : piece.start() + start])
            words.append(plain_word(token))
            ended = piece.start() + end
    gaps = gaps[1:]
    joined = _join_runs(words, gaps)
    while joined != words:
        words = joined
        joined = _join_runs(words, [" "] * (len(words) - 1))
    return words


def _is_code(word: str) -> bool:
    return bool(_CODE.fullmatch(word) or _QUANTITY.fullmatch(word)) or sum(map(str.isalpha, word)) < 2


def _read_leet(word: str) -> str:
    word = word.translate(_LEET)
    if "1" not in word:
        return word
    return "".join(_read_one(word, at) if sign == "1" else sign for at, sign in enumerate(word))


def _read_one(word: str, at: int) -> str:
    """A 1 between vowels is an l ("ce1ana"), beside a consonant an i ("b1ru")."""
    beside = word[max(at - 1, 0) : at] + word[at + 1 : at + 2]
    return "l" if all(letter in "aeiou" for letter in beside) else "i"


def _join_runs(words: list[str], gaps: list[str]) -> list[str]:
    joined: list[str] = []
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and len(words[end]) == 1:
            end += 1
        if end - start >= _RUN_AT_LEAST:
            joined += _join_run(words[start:end], gaps[start : end - 1])
        else:
            joined += words[start : max(end, start + 1)]
        start = max(end, start + 1)
    return joined


def _join_run(letters: list[str], gaps: list[str]) -> list[str]:
    """The words of a run: its commonest gap (of equals the shortest) is inside words, any other between."""
    if sum(map(str.isalpha, letters)) * 2 < len(letters):
        return letters
    counts = Counter(gaps)
    inside = min(counts, key=lambda gap: (-counts[gap], len(gap), gap))
    text = letters[0] + "".join(
        letter if gap == inside else f" {letter}" for gap, letter in zip(gaps, letters[1:], strict=True)
    )
    return [plain_word(word) for word in text.split(" ")]
