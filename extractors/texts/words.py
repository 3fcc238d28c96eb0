"""The words of a text: which there are, without stop words, each in its dictionary form.

Belongs here: what counts as a word. Does not belong here: the text's language (`language.py`).

The rules: text is brought to Unicode's composed form and lower case. Addresses, mentions and
anything with a digit are dropped. A hashtag stays one word with its #, as it was written. A word is
letters, with hyphens and apostrophes inside it; an English possessive 's is cut off. Stop words are
dropped as written and as lemma, and so are single letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from stop_words import get_stop_words

from extractors.texts.language import ENGLISH, SWEDISH
from extractors.texts.lemmas import lemma_of

_NAMES = re.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|@[\w.]+")
_WORD = re.compile(r"[#＃]?\w+(?:['-]\w+)*")  # noqa: RUF001 - a full-width # begins a tag too
_SPELLINGS = str.maketrans({"’": "'", "ʼ": "'", "‐": "-", "‑": "-", "＃": "#"})  # noqa: RUF001
_SOFT_HYPHEN = "\u00ad"

KEPT: dict[str, frozenset[str]] = {
    SWEDISH: frozenset({"beslut", "besluta", "tack"}),
    ENGLISH: frozenset(
        {"area", "bill", "billion", "case", "change", "computer", "effect", "fact", "fire", "free"}
        | {"group", "help", "home", "information", "interest", "member", "million", "open", "order"}
        | {"page", "problem", "proud", "research", "right", "room", "site", "sorry", "state"}
        | {"system", "thank", "thanks", "trillion", "value", "website", "welcome", "work", "world"}
        | {"young"}
    ),
}
"""Lemmas that the package takes for stop words although they say what organisations write of."""


def word_counts(text: str, language: str) -> Counter[str]:
    """Return how often each lemma and hashtag of a Swedish or English text occurs in it."""
    text = unicodedata.normalize("NFC", text).replace(_SOFT_HYPHEN, "").translate(_SPELLINGS)
    counts: Counter[str] = Counter()
    for token in _WORD.findall(_NAMES.sub(" ", text.lower())):
        word = token if token.startswith("#") else _lemma(token, language)
        if word is not None and not word.removeprefix("#").replace("_", "").isdigit():
            counts[word] += 1
    return counts


@lru_cache(maxsize=200_000)
def _lemma(token: str, language: str) -> str | None:
    """Return a lower-case word's lemma, or None where it is no word that counts."""
    if language == ENGLISH:
        token = token.removesuffix("'s")
    token = token.strip("_")
    if not token or any(character.isdigit() for character in token):
        return None
    lemma = lemma_of(token, language)
    if lemma in KEPT[language]:
        return lemma
    return None if _is_stop_word(token, language) or _is_stop_word(lemma, language) else lemma


def _is_stop_word(word: str, language: str) -> bool:
    return len(word) < 2 or word in _stop_words(language)  # noqa: PLR2004 - a single letter


@lru_cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(get_stop_words(language))
