"""The generated world: the same for everybody, and every number can be worked out again."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from extractors.records import Platform
from extractors.registry import load_registry
from extractors.sandbox.generated import (
    FIRST_DAY,
    PLATFORMS,
    GeneratedWorld,
    registry_yaml,
    write_registry,
)

NOW = datetime(2026, 8, 17, 10, tzinfo=UTC)
RENAMED = FIRST_DAY + timedelta(days=200)
WORLD = GeneratedWorld(seed=7)
EVERYONE = [plan for o in WORLD.organisations for plan in o.accounts]


def midday(day):
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=10)


def nth(noun, place, platform):
    [organisation] = [o for o in WORLD.organisations if o.id == f"generated_{noun}_{place:02}"]
    return next(a for a in organisation.accounts if a.platform == platform)


def test_the_names_say_that_nobody_of_them_exists():
    assert len(WORLD.organisations) == 33
    assert all(o.name.startswith("Generated ") for o in WORLD.organisations)
    assert WORLD.industries() == ["generated_regions", "generated_museums"]


def test_every_organisation_is_on_every_platform_with_an_id_of_its_own():
    assert set(PLATFORMS) == set(Platform) - {"wikidata"}
    assert {len(o.accounts) for o in WORLD.organisations} == {len(PLATFORMS)}
    assert len({(a.platform, a.id) for a in EVERYONE}) == 33 * len(PLATFORMS)
    assert len({(a.platform, a.handle) for a in EVERYONE}) == 33 * len(PLATFORMS)


@pytest.mark.parametrize(
    ("platform", "id_", "handle"),
    [
        ("bluesky", r"did:plc:[a-z2-7]{24}", r"generated-region-\d\d\.example"),
        ("x", r"\d{10}", r"[a-z0-9_]{4,15}"),
        ("youtube", r"UC[A-Za-z0-9_-]{22}", r"generatedregion\d\d"),
        ("instagram", r"17841\d{12}", r"generated_region_\d\d"),
        ("mastodon", r"\d+", r"generated_region_\d\d@social\.example"),
        ("snapchat", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"generatedregion\d\d"),
    ],
)
def test_ids_and_handles_look_like_the_platforms_own(platform, id_, handle):
    plans = [a for a in EVERYONE if a.platform == platform and "region" in a.handle]
    assert all(re.fullmatch(id_, plan.id) for plan in plans)
    assert all(re.fullmatch(handle, plan.handle) for plan in plans)


def test_one_seed_gives_one_world_and_another_seed_another():
    again, other = GeneratedWorld(seed=7), GeneratedWorld(seed=8)
    key = nth("region", 1, "x")
    assert again.accounts(NOW) == WORLD.accounts(NOW)
    assert again.posts("x", key.id, NOW) == WORLD.posts("x", key.id, NOW)
    assert {a.id for a in other.accounts(NOW)}.isdisjoint(a.id for a in WORLD.accounts(NOW))


def test_followers_follow_their_course_within_the_wobble():
    for plan in EVERYONE:
        for days in (0, 90, 181, 500):
            day = FIRST_DAY + timedelta(days=days)
            course = plan.start + plan.daily * days // 1000
            course += plan.jump * (day >= plan.jump_day)
            assert 0 <= plan.followers_on(day) - course <= plan.wobble
            state = plan.state(midday(day))
            if state and not plan.hides_followers:
                assert state.followers == plan.followers_on(day)


def test_some_gain_followers_and_some_lose_them():
    daily = {nth("region", place, "x").daily > 0 for place in (1, 2)}
    assert daily == {True}
    assert nth("region", 4, "x").daily < 0
    assert nth("region", 10, "bluesky").daily < 0


def test_a_renamed_account_is_found_by_the_name_of_the_day_and_always_by_its_id():
    plan = nth("region", 3, "bluesky")
    old, new = plan.handle, "renamed-region-03.example"
    before, after = midday(RENAMED - timedelta(days=1)), midday(RENAMED)
    assert WORLD.account("bluesky", old, before).id == plan.id
    assert WORLD.account("bluesky", old, after) is None
    assert WORLD.account("bluesky", new.upper(), after).handle == new
    assert WORLD.account("bluesky", new, before) is None
    assert WORLD.account("bluesky", plan.id, after).handle == new


def test_a_deleted_account_is_gone_with_its_posts():
    plan = nth("region", 19, "facebook")
    gone = midday(FIRST_DAY + timedelta(days=300))
    assert WORLD.account("facebook", plan.id, gone - timedelta(days=1)) is not None
    assert WORLD.account("facebook", plan.id, gone) is None
    assert WORLD.posts("facebook", plan.id, gone) == []
    assert WORLD.inquiries("facebook", plan.id, gone) == []
    assert plan.id not in {a.id for a in WORLD.accounts(gone)}


def test_hidden_counts_are_unknown_to_everybody_but_the_plan():
    plan = nth("region", 7, "youtube")
    shown = WORLD.account("youtube", plan.id, NOW)
    assert (shown.followers, shown.hides_followers) == (None, True)
    assert plan.followers_on(NOW.date()) > 100
    assert nth("region", 9, "x").is_protected
    likes = WORLD.posts("instagram", nth("region", 2, "instagram").id, NOW)
    assert {post.hidden for post in likes} == {frozenset({"reactions"})}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_feeds_are_newest_first_with_unique_ids_and_counted_right(platform):
    for place in (1, 2, 6):
        plan = nth("region", place, platform)
        feed = WORLD.posts(platform, plan.id, NOW)
        listed = [post.listed_at for post in feed]
        assert listed == sorted(listed, reverse=True)
        assert len({post.id for post in feed}) == len(feed)
        assert max(listed) <= NOW
        assert WORLD.account(platform, plan.id, NOW).posts_total == len(feed)


def test_engagement_grows_with_age_and_never_shrinks():
    plan = nth("region", 1, "x")
    [new] = [p for p in WORLD.posts("x", plan.id, NOW) if p.id == plan.post_id(3915)]
    later = {p.id: p for p in WORLD.posts("x", plan.id, NOW + timedelta(days=30))}[new.id]
    for name in ("reactions", "comments", "views"):
        assert getattr(new, name) <= getattr(later, name)
    assert new.reactions < later.reactions
    assert later.views > later.reactions


def test_posts_disappear_and_are_edited():
    plan = nth("museum", 1, "tiktok")
    doomed, edited = plan.published_at(49), plan.published_at(8)
    day = timedelta(days=1)

    def ids(now):
        return {p.id: p.text for p in WORLD.posts("tiktok", plan.id, now)}

    assert plan.post_id(49) in ids(doomed + 19 * day)
    assert plan.post_id(49) not in ids(doomed + 20 * day)
    assert not ids(edited + day)[plan.post_id(8)].endswith("Rättad.")
    assert ids(edited + 2 * day)[plan.post_id(8)].endswith("Rättad.")


def test_some_posts_were_never_shared():
    shares = [p.shares for p in WORLD.posts("facebook", nth("region", 2, "facebook").id, NOW)]
    assert 0 < shares.count(0) < len(shares)


def test_replies_come_after_their_questions_and_only_once_they_have_come():
    plan = nth("region", 1, "facebook")
    asked = WORLD.inquiries("facebook", plan.id, NOW)
    own = {p.id for p in WORLD.posts("facebook", plan.id, NOW)}
    assert {q.post_id for q in asked} <= own
    assert [q.asked_at for q in asked] == sorted(q.asked_at for q in asked)
    answered = [q for q in asked if q.replied_at]
    assert 0 < len(answered) < len(asked)
    assert all(q.asked_at < q.replied_at <= NOW for q in answered)
    late = max(answered, key=lambda q: q.replied_at - q.asked_at)
    before = WORLD.inquiries("facebook", plan.id, late.replied_at - timedelta(minutes=1))
    assert next(q for q in before if q.id == late.id).reply_id is None


def test_the_registry_it_writes_is_valid_and_knows_the_names_of_the_day(tmp_path):
    registry = load_registry(write_registry(WORLD, tmp_path))
    assert len(registry.accounts()) == 33 * len(PLATFORMS)
    for place in (3, 5):
        plan = nth("region", place, "x")
        for day in (date(2025, 2, 1), date(2026, 8, 17)):
            found = registry.account_by("x", plan.handle_on(day), day)
            assert found.account_id == f"generated_region_{place:02}.x"
            assert found.platform_account_id == plan.id
    youtube = registry.account_by("youtube", nth("region", 1, "youtube").id, NOW.date())
    assert youtube.definition == "subscribers"


def test_the_registry_text_says_that_it_is_generated():
    text = registry_yaml(WORLD, "generated_museums")
    assert "none of these organisations exists" in text
    assert text.count("  - id: generated_museum_") == 12
