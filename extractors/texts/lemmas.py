"""The dictionary form of a word.

Belongs here: what `simplemma` says, and where it is known to be wrong for Swedish. Does not belong
here: which words count (`words.py`).
"""

from __future__ import annotations

from functools import lru_cache

import simplemma
from simplemma.strategies import DEFAULT_DICTIONARY_FACTORY

from extractors.texts.language import SWEDISH

_CORRECTED = {
    "anmäl": "anmäla",
    "avfall": "avfall",
    "gilla": "gilla",
    "hej": "hej",
    "kommunfullmäktige": "kommunfullmäktige",
    "kris": "kris",
    "kul": "kul",
    "läs": "läsa",
}


@lru_cache(maxsize=200_000)
def lemma_of(word: str, language: str) -> str:
    """Return the lemma of a lower-case word in `sv` or `en`; an unknown word is its own."""
    if language == SWEDISH and word in _CORRECTED:
        return _CORRECTED[word]
    lemma = simplemma.lemmatize(word, lang=language).lower()
    # A Swedish noun is often an imperative too: film is a film, and not the order to film.
    if language == SWEDISH and lemma != word and lemma.startswith(word) and word in _base_forms():
        return word
    return lemma


@lru_cache
def _base_forms() -> frozenset[str]:
    """Return the Swedish words that another one has as its lemma."""
    return frozenset(DEFAULT_DICTIONARY_FACTORY.get_dictionary(SWEDISH).values())
