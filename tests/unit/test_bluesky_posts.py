"""How Bluesky's posts are read, without any server: answers are handed in."""

from datetime import UTC, datetime, timedelta

import pytest

from extractors.platforms.session import Status
from tests.support.bluesky import DID, bluesky, post, read_posts, repost
from tests.support.sandboxed import NOW


def test_a_post_becomes_a_record():
    embed = {"$type": "app.bsky.embed.images#view", "images": [{"alt": "Jane Doe"}]}
    extractor, scripted, kept = bluesky({"feed": [post(embed=embed, bookmarkCount=5)]})
    [record] = read_posts(extractor).records
    assert record.post_id == f"at://{DID}/app.bsky.feed.post/3k1"
    assert record.permalink == f"https://bsky.app/profile/{DID}/post/3k1"
    counts = (record.reactions, record.comments, record.shares, record.quotes, record.saves)
    assert counts == (3, 1, 2, 4, 5)
    assert (record.kind, record.text) == ("image", "Markets åäö")
    assert record.published_at == NOW - timedelta(days=1)
    assert scripted.asked[0][1]["filter"] == "posts_no_replies"
    assert "Jane" not in str(kept)


def test_reposts_are_neither_counted_nor_kept():
    extractor, _, kept = bluesky({"feed": [post(), repost(NOW - timedelta(hours=1))]})
    assert [r.post_id[-3:] for r in read_posts(extractor).records] == ["3k1"]
    assert "stranger" not in str(kept)


def test_a_post_on_two_pages_is_one_record_with_its_latest_counts():
    first = {"feed": [post(likeCount=3)], "cursor": "c1"}
    extractor, _, _ = bluesky(first, {"feed": [post(likeCount=4), post("3k0")]})
    records = {r.post_id[-3:]: r.reactions for r in read_posts(extractor).records}
    assert records == {"3k1": 4, "3k0": 3}


def test_posts_are_read_again_for_35_days_and_no_longer():
    pages = [
        {"feed": [post("new", at=NOW - timedelta(days=34, hours=23))], "cursor": "c1"},
        {"feed": [post("old", at=NOW - timedelta(days=35, hours=1))], "cursor": "c2"},
        {"feed": [post("older", at=NOW - timedelta(days=90))], "cursor": "c3"},
    ]
    extractor, scripted, _ = bluesky(*pages)
    assert [r.post_id[-3:] for r in read_posts(extractor).records] == ["new"]
    assert len(scripted.asked) == 2


def test_an_old_post_passed_on_yesterday_does_not_end_the_reading():
    pages = [
        {"feed": [repost(NOW - timedelta(days=1))], "cursor": "c1"},
        {"feed": [post("own", at=NOW - timedelta(days=2))]},
    ]
    extractor, _, _ = bluesky(*pages)
    assert [r.post_id[-3:] for r in read_posts(extractor).records] == ["own"]


def test_a_date_in_the_future_is_not_believed_and_one_in_the_past_is():
    seen = NOW - timedelta(days=3)
    feed = [
        post("ahead", at=seen, created=datetime(2099, 1, 1, tzinfo=UTC)),
        post("moved", at=seen, created=seen - timedelta(days=10)),
    ]
    extractor, _, _ = bluesky({"feed": feed})
    dates = {r.post_id.rsplit("/")[-1]: r.published_at for r in read_posts(extractor).records}
    assert dates == {"ahead": seen, "moved": seen - timedelta(days=10)}


@pytest.mark.parametrize(
    ("cursors", "words"),
    [
        (["a", "a"], "gave the cursor 'a' twice"),
        (["a", "b", "a"], "gave the cursor 'a' twice"),
    ],
)
def test_pages_that_run_in_a_circle_fail_the_account_and_name_the_cursor(cursors, words):
    extractor, _, _ = bluesky(*({"feed": [post()], "cursor": c} for c in cursors))
    outcome = read_posts(extractor)
    assert outcome.status is Status.FAILED
    assert outcome.records == ()
    assert words in outcome.problem


def test_empty_pages_without_end_fail_the_account():
    pages = ({"feed": [], "cursor": f"c{n}"} for n in range(9))
    outcome = read_posts(bluesky(*pages)[0])
    assert outcome.status is Status.FAILED
    assert "gave 5 empty pages in a row, up to cursor 'c4'" in outcome.problem


def test_an_empty_page_among_others_is_passed_over():
    extractor, _, _ = bluesky({"feed": [], "cursor": "c1"}, {"feed": [post()]})
    assert len(read_posts(extractor).records) == 1


def test_more_pages_than_anybody_posts_fail_the_account():
    pages = ({"feed": [post(f"k{n}")], "cursor": f"c{n}"} for n in range(60))
    extractor, scripted, _ = bluesky(*pages)
    assert "has more than 50 pages" in read_posts(extractor).problem
    assert len(scripted.asked) == 50


def test_a_post_with_a_count_that_is_no_count_is_left_out_alone():
    extractor, _, _ = bluesky({"feed": [post("bad", likeCount="3"), post("fine")]})
    outcome = read_posts(extractor)
    assert outcome.status is Status.OK
    assert [r.post_id[-4:] for r in outcome.records] == ["fine"]
    assert "one post left out, likeCount is str '3'" in outcome.problem


def test_a_hidden_post_count_is_unknown():
    shown = post()
    del shown["post"]["likeCount"]
    extractor, _, _ = bluesky({"feed": [shown]})
    assert read_posts(extractor).records[0].reactions is None
