"""The tone of a text: positive, neutral or negative, by VADER's rules and a lexicon a language.

Belongs here: the score of one text and its label. Does not belong here: shares of posts (dbt).

The rules are those of Hutto & Gilbert (2014): valences of known words, turned by negations, raised
by emphasis, summed and squeezed to -1 to 1; a text is positive from 0.05 and negative to -0.05.
English has the package's lexicon. Swedish has the same lexicon in translation, corrected here;
a Swedish word that is not in it is looked up by its lemma.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

from simplemma import is_known
from vader import SentimentIntensityAnalyzer
from vader.constants import B_DECR, B_INCR
from vader.data.emoji import EMOJI
from vader.data.lexicon import LEXICON

from extractors.texts.language import ENGLISH, OTHER, SWEDISH, prose
from extractors.texts.lemmas import lemma_of

MODEL_ID = "vader"
POSITIVE, NEUTRAL, NEGATIVE, UNKNOWN = "positive", "neutral", "negative", "unknown"

_THRESHOLD = 0.05

_NEGATIONS = frozenset(
    {"aldrig", "ej", "icke", "ingen", "ingenstans", "ingenting", "inget", "inga", "inte"}
    | {"knappast", "sällan", "utan", "varken"}
)
# The translator took great for large, party for the political kind, and the like.
_MISTRANSLATED = frozenset(
    {"bo", "bor", "haft", "kar", "lösa", "ny", "parterna", "skatt", "spela", "spelar"}
    | {"stor", "större", "störst", "vänta", "väntar"}
)
_MISSING: dict[str, float] = {
    "avstängd": -1.2,
    "försenad": -1.3,
    "försening": -1.3,
    "förskräcklig": -2.5,
    "jättebra": 3.2,
    "jättedålig": -3.0,
    "jätterolig": 3.0,
    "kul": 2.2,
    "otrygg": -2.0,
    "otrygghet": -2.0,
    "rån": -2.4,
    "strålande": 2.6,
    "trafikolycka": -2.4,
    "trevlig": 2.0,
    "trygg": 1.9,
    "trygghet": 1.9,
    "vanvård": -2.7,
    "översvämning": -1.8,
}
_STRONGER = ("enormt", "extremt", "mycket", "oerhört", "otroligt", "riktigt", "så", "väldigt")
_WEAKER = ("delvis", "ganska", "lite", "någorlunda", "nästan")
_BOOSTERS = dict.fromkeys(_STRONGER, B_INCR) | dict.fromkeys(_WEAKER, B_DECR)

_WORD = re.compile(r"[^\W\d_]+")


def tone_of(text: str, language: str) -> tuple[str, float | None]:
    """Return a text's label and its score, -1 to 1; `unknown` and None in another language."""
    if language == OTHER:
        return UNKNOWN, None
    # A name or address may hold a word of the lexicon and says nothing about the tone.
    plain = prose(text).replace("\u00ad", "")
    if language == SWEDISH:
        plain = _WORD.sub(lambda match: _known_form(match.group()), plain)
    score = float(_analyser(language).polarity_scores(plain)["compound"])
    if score >= _THRESHOLD:
        return POSITIVE, score
    return (NEGATIVE if score <= -_THRESHOLD else NEUTRAL), score


@lru_cache(maxsize=200_000)
def _known_form(word: str) -> str:
    """Return a Swedish word as the lexicon has it; in capitals where it was, for they emphasise."""
    lexicon = _swedish_lexicon()
    lower = word.lower()
    if lower in lexicon or lower in _MISTRANSLATED:
        return word
    lemma = lemma_of(lower, SWEDISH)
    if lemma not in lexicon:
        return word
    return lemma.upper() if word.isupper() else lemma


@lru_cache
def _swedish_lexicon() -> dict[str, float]:
    # Read as a file: importing the package would load an HTTP client and its own, older rules.
    path = Path(
        str(distribution("vaderSentiment-swedish").locate_file("vaderSentiment/vader_lexicon.txt"))
    )
    lexicon = {}
    for line in path.read_text("utf-8").splitlines():
        word, _, rest = line.partition("\t")
        if rest and word.lower() not in _MISTRANSLATED:
            lexicon[word.lower()] = float(rest.partition("\t")[0])
    return lexicon | _MISSING


@lru_cache
def _analyser(language: str) -> SentimentIntensityAnalyzer:
    if language == ENGLISH:
        return SentimentIntensityAnalyzer()
    return SentimentIntensityAnalyzer(
        _emoji_words() | _swedish_lexicon(),
        booster=_BOOSTERS,
        negations=_NEGATIONS,
        special_cases={},
        idioms={},
        multiword={},
        curated=False,
    )


def _emoji_words() -> dict[str, float]:
    """Return the valences of the English words that VADER's rules spell an emoji with."""
    words = {word for spelling in EMOJI.values() for word in spelling.lower().split()}
    return {w: LEXICON[w] for w in words if w in LEXICON and not is_known(w, lang=SWEDISH)}
