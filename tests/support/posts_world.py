"""A generated lake of posts and questions that the tests of every posts mart share.

Belongs here: seeded rows, awkward ones among them. Does not belong here: expected values.
Organisations are generated and named so. Seven bakeries on Facebook and Bluesky (one without a
single post, one whose reactions are hidden), three ports (too few for a statistic), and LinkedIn
pages whose posts nobody reads. Two peer groups of bakeries, six and three, and one target.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pandas as pd

from tests.support.lake_builder import STOCKHOLM, LakeBuilder

if TYPE_CHECKING:
    from pathlib import Path

FIRST_QUARTER, LAST_QUARTER, AS_OF = "2025-Q4", "2026-Q2", "2026-08-20"
_START, _END = date(2025, 9, 24), date(2026, 6, 30)
_KINDS = ("text", "image", "image", "video", "link")
SILENT, HIDDEN = "bakery_6.facebook", "bakery_5.facebook"


def posts_lake(data_dir: Path, seed: int = 7) -> LakeBuilder:
    """Return the written lake; the same seed gives the same rows."""
    random = Random(seed)
    lake = LakeBuilder(data_dir)
    for industry, count, platforms in (
        ("bakeries", 7, ("facebook", "bluesky")),
        ("ports", 3, ("facebook", "linkedin")),
    ):
        lake.industry(industry)
        for number in range(count):
            name = f"{industry[:-3] + 'y' if industry == 'bakeries' else 'port'}_{number}"
            lake.organisation(name, industry, f"Generated {name}")
            if industry == "bakeries":
                lake.tables["organisations"][-1]["county"] = ("North", "South", "West")[number % 3]
            for platform in platforms:
                account = lake.account(name, platform)
                _followers(lake, random, account, 500 + 900 * number)
                if platform != "linkedin" and account != SILENT:
                    _posts(lake, random, account)
                    _questions(lake, random, account, 4 + 5 * number)
    _compare(lake)
    _divide(lake)
    lake.write()
    return lake


def _divide(lake: LakeBuilder) -> None:
    """Add owners' exports: one page's counted followers in two quarters, one's shares once."""
    for day, women, men in ((date(2026, 3, 30), 300, 700), (date(2026, 6, 29), 420, 780)):
        moment = datetime.combine(day, datetime.min.time(), UTC).replace(hour=10)
        lake.segment("bakery_3.facebook", moment, gender="women", followers=women)
        lake.segment("bakery_3.facebook", moment, gender="men", followers=men)
    moment = datetime(2026, 6, 1, 10, tzinfo=UTC)
    for age, points in (("18-24", 2500), ("25-34", 4000), ("35+", 3500)):
        lake.segment("bakery_4.facebook", moment, age=age, share_basis_points=points)


def _compare(lake: LakeBuilder) -> None:
    for group, numbers in (("riverside", range(6)), ("trio", (1, 3, 6))):
        lake.tables["peer_groups"] += [
            {
                "peer_group_id": group,
                "industry_id": "bakeries",
                "name": f"Generated {group}",
                "organisation_id": f"bakery_{number}",
            }
            for number in numbers
        ]
    lake.tables["targets"].append(
        {
            "organisation_id": "bakery_2",
            "platform": "bluesky",
            "metric": "post_count",
            "target_value": 90.0,
            "by_date": _END,
        }
    )


def _followers(lake: LakeBuilder, random: Random, account: str, start: int) -> None:
    day, followers = _START, start
    while day <= _END:
        lake.snapshot(account, datetime(day.year, day.month, day.day, 10, tzinfo=UTC), followers)
        day += timedelta(days=random.choice((1, 1, 2, 5)))
        followers += random.randint(-2, 9)


def _posts(lake: LakeBuilder, random: Random, account: str) -> None:
    moment = datetime(2025, 10, 1, 0, 30, tzinfo=STOCKHOLM)
    number = 0
    while moment.date() <= _END:
        reactions = int(random.paretovariate(1.2) * 12)
        columns = {
            "kind": random.choice(_KINDS),
            "comments": reactions // 7,
            "shares": reactions // 11,
            "quotes": number % 3 if account.endswith("bluesky") else None,
            "views": 40 * reactions + 100 if number % 2 else None,
            "is_boosted": number % 10 == 0 if account.endswith("facebook") else None,
            "is_repost": number % 13 == 5,
            "text": f"Inlägg {number} om öppettider",
            "permalink": f"https://example.org/{account}/{number}",
        }
        if number % 17 == 3:
            columns["kind"] = "story"
        post = f"{account}-{number}"
        lake.post(
            account, post, moment, observed_at=moment + timedelta(hours=2),
            reactions=None if account == HIDDEN else reactions // 3, **columns,
        )  # fmt: skip
        lake.post(
            account, post, moment, is_deleted=number % 19 == 7,
            reactions=None if account == HIDDEN else reactions, **columns,
        )  # fmt: skip
        number += 1
        moment += timedelta(hours=random.choice((5, 13, 29, 50, 74)))


def _questions(lake: LakeBuilder, random: Random, account: str, count: int) -> None:
    for number in range(3 * count):
        asked = datetime(2025, 10, 1, 8, tzinfo=UTC) + timedelta(
            minutes=random.randint(0, 272 * 24 * 60)
        )
        minutes = random.choice((None, 2, 11, 45, 200, 1500, 9000, 15000))
        answered = None if minutes is None else asked + timedelta(minutes=minutes)
        lake.inquiry(account, f"{account}-q{number}", asked, answered)


def settled_posts(lake: LakeBuilder) -> pd.DataFrame:
    """Return a row a post, as its last reading shows it, with local day, hour, weekday, quarter."""
    rows = pd.DataFrame(lake.posts).sort_values("observed_at")
    posts = rows.groupby(["account_id", "post_id"], as_index=False).last()
    local = pd.to_datetime(posts["published_at"], utc=True).dt.tz_convert(STOCKHOLM)
    posts["day"] = local.dt.date
    posts["hour"] = local.dt.hour
    posts["weekday"] = local.dt.dayofweek + 1
    posts["quarter"] = local.dt.year.astype(str) + "-Q" + local.dt.quarter.astype(str)
    posts["platform"] = posts["account_id"].str.split(".").str[1]
    quotes = posts["quotes"].where(posts["platform"] == "bluesky", 0)
    # reactions are missing where they are hidden, and the sum with them
    posts["interactions"] = posts["reactions"] + posts["comments"] + posts["shares"] + quotes
    return posts


def own(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the posts that count: no repeated ones, no stories, none that are gone."""
    return posts[~posts["is_repost"] & ~posts["is_deleted"] & (posts["kind"] != "story")]
