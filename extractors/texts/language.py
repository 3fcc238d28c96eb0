"""Which language a text is in: Swedish, English, or one that is not read.

Belongs here: the language of one text. Does not belong here: its words (`words.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier
from simplemma import is_known

SWEDISH, ENGLISH, OTHER = "sv", "en", "other"

READ = (SWEDISH, ENGLISH)
"""Languages whose words and tone are read."""

# Told apart from the two that are read. The model knows 140; a short Swedish text would often be
# taken for one that nobody here writes.
_NEIGHBOURS = ("da", "de", "es", "fi", "fr", "is", "it", "nl", "no", "pl", "pt")
_FOREIGN_SCRIPTS = ("ar", "fa", "el", "he", "ja", "ko", "ru", "uk", "zh")

_NAMES = ("@", "#", "://", "www.")

_WORD = re.compile(r"[^\W\d_]+")
_FEW = 4
_ENOUGH = 200
"""Characters that decide; more of a text changes nothing and costs time."""


def prose(text: str) -> str:
    """Return a text without addresses, mentions and hashtags: names, in whatever language."""
    return " ".join(p for p in text.split() if not any(mark in p for mark in _NAMES))


def language_of(text: str) -> str:
    """Return `sv`, `en` or `other`; a text without a letter of its own is `other`."""
    plain = prose(text)[:_ENOUGH]
    if not _WORD.search(plain):
        return OTHER
    # The model has seen few capitals: OPENING HOURS is no language to it.
    plain = plain.lower()
    words = _WORD.findall(plain)
    if len(words) < _FEW:
        # Nor does it know three words when it sees them; the dictionaries do.
        swedish, english = (sum(is_known(w, lang=lang) for w in words) for lang in READ)
        if swedish != english:
            return SWEDISH if swedish > english else ENGLISH
    found, _ = _identifier().classify(plain)
    return found if found in READ else OTHER


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([*READ, *_NEIGHBOURS, *_FOREIGN_SCRIPTS])
    return identifier
