"""The marts of texts equal a plain pandas count over the words and tones a reader can check.

The texts are put together from words whose lemma, tone and language are given here by hand, so that
no line of the code under test makes the expected values.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import duckdb
import pandas as pd
import pytest

from tests.support.lake_builder import STOCKHOLM, LakeBuilder

QUARTERS = ("2026-Q1", "2026-Q2")

# (text, its words, its tone, its language); words that are not listed are stop words or names
SENTENCES = [
    ("Biblioteket har nya öppettider i Årsta", ["bibliotek", "ny", "öppettid", "årsta"], "neutral"),
    ("ÖPPETTIDERNA i ÅRSTA ändras", ["öppettid", "årsta", "ändra"], "neutral"),
    ("Vi är glada och stolta över våra elever", ["glad", "stolt", "elev"], "positive"),
    ("Fantastiskt! Eleverna har vunnit tävlingen", ["fantastisk", "elev", "vinna", "tävling"],
     "positive"),
    ("Branden var förfärlig för skolan @kommun", ["brand", "förfärlig", "skola"], "negative"),
    ("Trafikolycka vid skolan, 2 km kö https://example.org/glad",
     ["trafikolycka", "skola", "km", "kö"], "negative"),
    ("Konsert på torget #Årsta #Årsta", ["konsert", "torg", "#årsta", "#årsta"], "neutral"),
    ("The children went to the new schools in London", ["child", "school", "london"], "neutral"),
    ("A terrible fire in London's schools", ["terrible", "fire", "london", "school"], "negative"),
    ("Les députés votent le budget demain matin à Paris", [], "unknown"),
]  # fmt: skip
ENGLISH = {7, 8}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return the built lake and a row a post that counts, with what is known of its text."""
    random = Random(3)
    lake = LakeBuilder(tmp_path_factory.mktemp("texts"))
    lake.industry("bakeries")
    counted = []
    start = datetime(2026, 1, 1, 0, 30, tzinfo=STOCKHOLM)
    for number in range(3):
        name = f"bakery_{number}"
        lake.organisation(name, "bakeries", f"Generated {name}")
        for platform in ("facebook", "bluesky"):
            account = lake.account(name, platform)
            for week in range(26):
                lake.snapshot(account, start + timedelta(days=7 * week, hours=10), 900)
            # The third baker says little: too few texts for a share.
            for post in range(12 if number == 2 else 90):
                moment = start + timedelta(days=post * (15 if number == 2 else 2), hours=post % 3)
                which = random.randrange(len(SENTENCES))
                text, words, tone = SENTENCES[which]
                gone = {"is_repost": post % 11 == 5, "is_deleted": post % 17 == 4}
                kind = "story" if post % 13 == 6 else "text"
                lake.post(account, f"p{post}", moment, text="Utkast: krig", kind=kind,
                          observed_at=moment + timedelta(hours=1), is_repost=gone["is_repost"],
                          reactions=1)  # fmt: skip
                lake.post(account, f"p{post}", moment, text=text, kind=kind, reactions=2, **gone)
                if kind == "text" and not any(gone.values()):
                    language = "en" if which in ENGLISH else "sv"
                    quarter = QUARTERS[(moment.month - 1) // 3]
                    counted.append((name, platform, quarter, language, words, tone))
    lake.write()
    lake.build(*QUARTERS, as_of="2026-08-20")
    columns = ["organisation_id", "platform", "quarter", "language", "words", "tone"]
    return lake, pd.DataFrame(counted, columns=columns)


@pytest.fixture
def connection(world):
    with duckdb.connect(str(world[0].warehouse), read_only=True) as connection:
        yield connection


def scopes(posts):
    """The posts once for each list they are in."""
    everywhere = posts.assign(platform="all")
    organisations = pd.concat([posts, everywhere]).assign(scope="organisation")
    return pd.concat([organisations, organisations.assign(scope="industry", organisation_id="")])


KEY = ["scope", "organisation_id", "platform", "quarter"]


def test_words_equal_a_plain_count(world, connection):
    posts = scopes(world[1]).reset_index(drop=True)
    posts["post"] = posts.index
    words = posts.explode("words").dropna(subset="words").rename(columns={"words": "word"})
    groups = words.groupby([*KEY, "language", "word"])
    expected = groups.agg(word_count=("post", "count"), post_count=("post", "nunique"))
    mart = connection.execute(
        "select scope, coalesce(organisation_id, '') as organisation_id, platform, quarter, "
        "language, word, word_count, post_count from marts.words_quarter"
    ).df()
    pd.testing.assert_frame_equal(
        mart.set_index([*KEY, "language", "word"]).sort_index(),
        expected.sort_index(),
        check_dtype=False,
    )
    assert expected.query("word_count > post_count").size, "a hashtag twice in one post"


def test_places_follow_the_counts(connection):
    mart = connection.execute("select * from marts.words_quarter").df()
    mart["organisation_id"] = mart["organisation_id"].fillna("")
    for _, words in mart.groupby([*KEY, "language"]):
        pairs = sorted(
            set(zip(words["word_count"], words["post_count"], strict=True)), reverse=True
        )
        for row in words.itertuples():
            assert row.rank == pairs.index((row.word_count, row.post_count)) + 1


def test_tones_equal_a_plain_count(world, connection):
    posts = scopes(world[1])
    tones = posts.pivot_table(index=KEY, columns="tone", values="words", aggfunc="size")
    tones = tones.fillna(0)
    expected = pd.DataFrame(
        {
            "text_count": tones[["positive", "neutral", "negative"]].sum(axis=1),
            "unread_text_count": tones["unknown"],
        }
    )
    for tone in ("positive", "neutral", "negative"):
        share = 100 * tones[tone] / expected["text_count"]
        expected[f"sentiment_{tone}_pct"] = share.where(expected["text_count"] >= 30)
    mart = connection.execute(
        "select scope, coalesce(organisation_id, '') as organisation_id, platform, quarter, "
        "text_count, unread_text_count, sentiment_positive_pct, sentiment_neutral_pct, "
        "sentiment_negative_pct from marts.sentiment_quarter"
    ).df()
    pd.testing.assert_frame_equal(
        mart.set_index(KEY).sort_index(), expected.sort_index(), check_dtype=False
    )
    assert expected["sentiment_positive_pct"].isna().any()
    assert expected["sentiment_positive_pct"].notna().any()


def test_previous_is_the_quarter_before(connection):
    rows = connection.execute(
        "select now.sentiment_positive_pct_previous, before.sentiment_positive_pct, "
        "now.text_count_previous, before.text_count "
        "from marts.sentiment_quarter as now inner join marts.sentiment_quarter as before "
        "on now.scope = before.scope and now.platform = before.platform "
        "and now.organisation_id is not distinct from before.organisation_id "
        "where now.quarter = '2026-Q2' and before.quarter = '2026-Q1'"
    ).fetchall()
    assert len(rows) == 12
    for previous, before, count_previous, count_before in rows:
        assert (previous, count_previous) == (before, count_before)


def test_building_again_changes_no_closed_quarter(world):
    lake, _ = world
    query = "select * from marts.words_quarter where quarter = '2026-Q1' order by all"
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        before = connection.execute(query).fetchall()
    for stored in (lake.data_dir / "derived").rglob("quarter=2026-Q1/texts.parquet"):
        stored.unlink()
    lake.build("2026-Q2", "2026-Q2", as_of="2026-08-20")
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        assert connection.execute(query).fetchall() == before
