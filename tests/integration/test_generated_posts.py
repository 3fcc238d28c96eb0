"""Every post of the generated world, read over loopback, against the world's own truth."""

from datetime import timedelta

import pytest

from extractors.lake import Lake
from extractors.registry_models import HandleValidity
from extractors.sandbox import serve
from extractors.sandbox.generated import GeneratedWorld
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(industries={"region": 12})
RE_READ = timedelta(days=35)


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


@pytest.mark.parametrize("platform", ["mastodon", "tiktok"])
def test_own_posts_of_35_days_are_read_as_the_world_has_them(platform, lake):
    known = [a for a in WORLD.accounts(MIDDAY) if a.platform == platform]
    accounts = [
        registry_account(
            n,
            a.id,
            platform=platform,
            account_id=f"org_{a.id}",
            handles=(HandleValidity(handle=a.handle),),
        )
        for n, a in enumerate(known)
    ]
    with serve(world=WORLD) as sandbox:
        report = run(lake, sandbox.url, accounts, platform=platform, stream="posts")
    read = {
        (row["account_id"], row["post_id"]): [
            row[n] for n in ("reactions", "comments", "shares", "views", "kind")
        ]
        for row in stored(lake, "posts")
    }
    truth = {
        (f"org_{a.id}", p.id): [p.reactions, p.comments, p.shares, p.views, p.kind]
        for a in known
        for p in WORLD.posts(platform, a.id, MIDDAY)
        if not p.is_reply and p.reposted_at is None and p.published_at >= MIDDAY - RE_READ
    }
    assert (report.ok, report.problems) == (12, ())
    assert read == truth
    assert len(truth) > 400
