"""Language, words and tone of single texts; expected values are what a reader would say."""

from __future__ import annotations

import pytest

from extractors.texts.language import language_of
from extractors.texts.tone import tone_of
from extractors.texts.words import word_counts


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nu öppnar vi våra nya öppettider i Årsta", "sv"),
        ("ÖPPETTIDER I ÅRSTA", "sv"),
        ("Grattis Anna!", "sv"),
        ("Läs mer! https://example.org/english/news", "sv"),
        ("We are opening new offices in London today", "en"),
        ("OPENING HOURS", "en"),
        ("Les députés votent le budget demain", "other"),
        ("Vi har åpnet nye kontorer i Oslo i dag", "other"),
        ("Vi åbner nye kontorer i København i dag", "other"),
        ("😀😀", "other"),
        ("#brexit @someone https://example.org", "other"),
        ("2026", "other"),
    ],
)
def test_language(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nya öppettider: öppettiderna i ÅRSTA", {"ny": 1, "öppettid": 2, "årsta": 1}),
        # A letter and a separate ring make the same word as one letter with a ring.
        ("A\u030arsta och årsta", {"årsta": 2}),
        ("Kommunens bibliotek och biblioteken", {"kommun": 1, "bibliotek": 2}),
        # A noun that could be an order stays a noun.
        ("Film, match och pris", {"film": 1, "match": 1, "pris": 1}),
        ("Beslut i kommunfullmäktige", {"beslut": 1, "kommunfullmäktige": 1}),
        ("Läs på https://kommun.se eller www.kommun.se", {"läsa": 1}),
        ("Fråga @kommunen på info@kommun.se", {"fråga": 1}),
        ("#Årsta2030 och #årsta2030, 150 kr, E4 och 5G", {"#årsta2030": 2}),
        ("#2026", {}),
        ("av\u00adfall", {"avfall": 1}),
    ],
)
def test_swedish_words(text, words):
    assert word_counts(text, "sv") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The children went to schools", {"child": 1, "school": 1}),
        ("Sweden\u2019s policies, Sweden's policy", {"sweden": 2, "policy": 2}),
        ("We don\u2019t won't can't", {}),
        ("New research on well-known housing", {"research": 1, "well-known": 1, "housing": 1}),
    ],
)
def test_english_words(text, words):
    assert word_counts(text, "en") == words


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Vi är glada och stolta över vår nya skola!", "positive"),
        ("Underbara elever har vunnit tävlingen", "positive"),
        ("Så kul att så många kom!", "positive"),
        ("Nu är det helg 😀", "positive"),
        ("Branden var förfärlig och många skadades allvarligt", "negative"),
        ("Det är inte bra", "negative"),
        ("Trafikolycka på E4, stora förseningar", "negative"),
        ("Kommunfullmäktige sammanträder på måndag klockan 18", "neutral"),
        ("Alla som bor i Årsta har nytt datum för sophämtning", "neutral"),
        # An address says nothing about the tone.
        ("Läs mer på https://example.org/katastrof #katastrof", "neutral"),
    ],
)
def test_swedish_tone(text, label):
    assert tone_of(text, "sv")[0] == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("We are proud of our brilliant students!", "positive"),
        ("A terrible accident left many injured", "negative"),
        ("This policy is not good for families", "negative"),
        ("The council meets on Monday at noon", "neutral"),
    ],
)
def test_english_tone(text, label):
    assert tone_of(text, "en")[0] == label


def test_score_follows_the_published_rule():
    # Hutto & Gilbert: "great" is 3.1 in the lexicon, and 3.1 / sqrt(3.1 ** 2 + 15) is 0.6249.
    assert tone_of("It is great", "en") == ("positive", pytest.approx(0.6249))


def test_the_tone_of_an_unread_language_is_unknown():
    assert tone_of("Les députés votent", "other") == ("unknown", None)
