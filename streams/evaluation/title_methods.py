"""The ways to match titles that are compared: ours, and what else there is to choose from.

Peers are optional (the extra `bench`). One that cannot be imported is reported with the reason. Each holds a bank
and answers a title with takedowns and a score of its own scale, larger for more alike.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from fingerprints.title_index import TitleIndex
from fingerprints.title_normalise import normalise_title
from fingerprints.title_print import title_print
from streams.evaluation.title_cases import Matcher

OURS = "relistwatch"
LIMIT = 20
"""Takedowns that a search may give."""
Bank = Sequence[tuple[str, str]]
"""Takedown ids and titles."""
Reading = Callable[[str], str]


class Ours:
    """This project: the score is the weight in nats."""

    name = OURS

    def __init__(self, bank: Bank) -> None:
        self.index = TitleIndex()
        for owner, title in bank:
            self.add(owner, title)

    def add(self, owner: str, title: str) -> None:
        """Hold one more."""
        if (found := title_print(title)) is not None:
            self.index.add(owner, (found,))

    def search(self, title: str) -> Sequence[tuple[str, float]]:
        found = title_print(title)
        hits = self.index.search(found, LIMIT) if found is not None else ()
        return [(hit.owner, hit.weight) for hit in hits]


class TokenSetRatio:
    """rapidfuzz.fuzz.token_set_ratio with every held title."""

    name = "rapidfuzz token_set_ratio"

    def __init__(self, bank: Bank, read: Reading = str.lower) -> None:
        self._read = read
        self._owners = [owner for owner, _ in bank]
        self._titles = [read(title) for _, title in bank]

    def search(self, title: str) -> Sequence[tuple[str, float]]:
        scores = process.cdist([self._read(title)], self._titles, scorer=fuzz.token_set_ratio)[0]
        return _best(self._owners, scores)


class CharacterTfIdf:
    """scikit-learn's TfidfVectorizer over characters (3 to 5, within words), cosine with every held title."""

    name = "scikit-learn TF-IDF, 3 to 5 characters"

    def __init__(self, bank: Bank, read: Reading = str.lower) -> None:
        text = importlib.import_module("sklearn.feature_extraction.text")
        self._read = read
        self._owners = [owner for owner, _ in bank]
        self._vectors = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5))
        self._held = self._vectors.fit_transform([read(title) for _, title in bank]).T.tocsr()

    def search(self, title: str) -> Sequence[tuple[str, float]]:
        scores = (self._vectors.transform([self._read(title)]) @ self._held).toarray()[0]
        return _best(self._owners, scores)


class MinHashLsh:
    """datasketch's MinHashLSH over 4 characters, 128 permutations; the score is the estimated Jaccard similarity."""

    name = "datasketch MinHash LSH at 0.3"

    def __init__(self, bank: Bank) -> None:
        self._datasketch = importlib.import_module("datasketch")
        self._lsh = self._datasketch.MinHashLSH(threshold=0.3, num_perm=128)
        self._hashes = {owner: self._hash(title) for owner, title in bank}
        for owner, hashed in self._hashes.items():
            self._lsh.insert(owner, hashed)

    def search(self, title: str) -> Sequence[tuple[str, float]]:
        query = self._hash(title)
        return [(owner, query.jaccard(self._hashes[owner])) for owner in self._lsh.query(query)]

    def _hash(self, title: str) -> Any:
        hashed = self._datasketch.MinHash(num_perm=128)
        text = title.lower()
        hashed.update_batch([text[at : at + 4].encode() for at in range(max(1, len(text) - 3))])
        return hashed


class RawText:
    """ThreatExchange's raw text signal at its own threshold: Levenshtein distance of 5% of the length. It can take
    ASCII only: other titles are not held and not found."""

    name = "threatexchange raw text at 5%"

    def __init__(self, bank: Bank) -> None:
        signal = importlib.import_module("threatexchange.signal_type.raw_text").RawTextSignal
        self._index = signal.get_index_cls().build(
            [(title, owner) for owner, title in bank if title.isascii()]
        )

    def search(self, title: str) -> Sequence[tuple[str, float]]:
        try:
            hits = self._index.query(title)
        except UnicodeEncodeError:
            return []  # the distance it computes is of ASCII only
        return [(hit.metadata, hit.similarity_info.match_fraction) for hit in hits]


METHODS: dict[str, Callable[[Bank], Matcher]] = {
    OURS: Ours,
    TokenSetRatio.name: TokenSetRatio,
    f"{TokenSetRatio.name}, our normalising": lambda bank: _renamed(TokenSetRatio(bank, normalise_title)),
    CharacterTfIdf.name: CharacterTfIdf,
    f"{CharacterTfIdf.name}, our normalising": lambda bank: _renamed(CharacterTfIdf(bank, normalise_title)),
    MinHashLsh.name: MinHashLsh,
    RawText.name: RawText,
}


def _renamed(method: Any) -> Any:
    method.name = f"{method.name}, our normalising"
    return method


def _best(owners: Sequence[str], scores: Any) -> list[tuple[str, float]]:
    """The best `LIMIT` of one score for each held title."""
    many = min(LIMIT, len(owners))
    places = np.argpartition(scores, len(owners) - many)[-many:]
    return [(owners[place], float(scores[place])) for place in places]
