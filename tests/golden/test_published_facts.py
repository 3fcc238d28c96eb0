"""What Kommunikationsanalys printed from 2014 to 2022 agrees with our rules.

Stated places (`rank_*`) are tested; mere enumerations (`listed_order_*`) say nothing about rank.
"""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

FACTS = pd.read_csv(Path(__file__).parents[1] / "data" / "published_facts.csv")
LIST = ["industry", "platform", "period"]
PAIRS = (
    ("rank_followers", "followers", 1),
    ("rank_follower_growth_pct", "follower_growth_pct", 1),
    ("rank_posts", "posts", 1),
    ("rank_posts", "posts_per_month_avg", 1),
    ("rank_response_time", "response_time_minutes", -1),
)


def of(metric):
    """Return the figures of a metric that are printed without a hedge, one an organisation."""
    rows = FACTS[(FACTS["metric"] == metric) & FACTS["precision"].isin(["exact", "rounded"])]
    return rows.drop_duplicates([*LIST, "organisation"])


def printed(place, value, sign):
    """Return values, with their places where stated, in the shape of int_metric_values."""
    values = of(value)
    values = values[~values["organisation"].str.startswith("(")]
    both = values.merge(
        of(place)[[*LIST, "organisation", "value"]],
        on=[*LIST, "organisation"],
        how="left",
        suffixes=("", "_place"),
    )
    return both.assign(
        industry_id=both["industry"],
        quarter=both["period"],
        quarter_number=0,
        metric=value,
        account_id=both["organisation"],
        organisation_id=both["organisation"],
        value=both["value"].astype(float),
        resolution=0.0,
        merit=sign * both["value"].astype(float),
        is_preliminary=False,
    )


@pytest.mark.parametrize(("place", "value", "sign"), PAIRS)
def test_every_printed_place_is_the_order_that_our_ranking_gives(
    place, value, sign, database, compiled
):
    rows = printed(place, value, sign)
    database.register("int_metric_values", rows)
    ours = database.execute(compiled("ranking_quarter")).df()
    both = rows.merge(
        ours[["industry_id", "platform", "quarter", "account_id", "rank"]],
        on=["industry_id", "platform", "quarter", "account_id"],
    )
    assert len(both) == len(rows)
    stated = 0
    for _, group in both.groupby(LIST):
        placed = group.dropna(subset=["value_place"])
        for one, other in combinations(placed.itertuples(), 2):
            # Two places may show one rounded value, but they never cross.
            apart = one.value_place - other.value_place
            assert apart * (one.rank - other.rank) >= 0, f"{one.industry_id} {one.quarter}"
        for first in placed[placed["value_place"] == 1].itertuples():
            stated += 1
            assert first.rank == 1, f"{first.industry_id} {first.quarter}: {first.account_id}"
    assert stated >= 2


def test_joint_places_are_dense_as_printed():
    """Regions, June 2020: 69, 63, 63 and 48 posts are first, joint second twice, third."""
    rows = FACTS[
        (FACTS["industry"] == "regions")
        & (FACTS["period"] == "2020-06")
        & (FACTS["metric"] == "rank_posts")
    ]
    assert sorted(rows["value"].astype(int)) == [1, 2, 2, 3]


def test_posts_per_month_are_a_third_rounded_half_up(database, compiled):
    quarters = of("posts_per_quarter_avg").merge(
        of("posts_per_month_avg"), on=[*LIST, "organisation"], suffixes=("_quarter", "_month")
    )
    assert len(quarters) >= 6
    counts = quarters["value_quarter"].astype(int).tolist()
    database.execute(
        "create table int_account_post_quarters as select 'i' as industry_id, "
        "'o' as organisation_id, 'a' || n as account_id, 'facebook' as platform, "
        "'2021-Q3' as quarter, 92 as day_count, 'ok' as posts_status, 'import' as origin, "
        "false as is_preliminary from unnest(?::int[]) as given (n) group by n",
        [counts],
    )
    database.execute(
        "create table int_account_posts as select account_id, quarter, "
        "cast(substr(account_id, 2) as bigint) as post_count, 0 as repost_count, "
        "0 as story_count, 0 as boosted_known_post_count, 0 as boosted_post_count, "
        "1 as active_day_count from int_account_post_quarters"
    )
    ours = dict(
        database.execute(
            "select post_count, posts_per_month_rounded_count from "
            f"({compiled('benchmark_activity_quarter')})"
        ).fetchall()
    )
    for quarter, month in zip(counts, quarters["value_month"].astype(int), strict=True):
        assert ours[quarter] == month


def test_a_printed_direction_is_the_sign_of_the_change():
    """Of the industry's mean against the quarter before, where both are printed."""
    means = of("posts_per_month_avg")
    means = means[means["organisation"] == "(industry)"]
    told = of("posts_direction")
    told = told[told["period"].str.fullmatch(r"\d{4}Q[1-4]")]
    judged = 0
    for row in told.itertuples():
        year, number = int(row.period[:4]), int(row.period[-1])
        before = f"{year - (number == 1)}Q{number - 1 or 4}"
        here = means[(means["industry"] == row.industry) & (means["platform"] == row.platform)]
        now = here.loc[here["period"] == row.period, "value"]
        then = here.loc[here["period"] == before, "value"]
        if now.empty or then.empty:
            continue
        change = float(now.iloc[0]) - float(then.iloc[0])
        judged += 1
        assert change * int(row.value) > 0, f"{row.industry} {row.period}"
    assert judged >= 10


def test_the_banks_of_2021_q3_stand_as_printed(database, compiled):
    lists = FACTS[
        (FACTS["industry"] == "banks")
        & (FACTS["period"] == "2021Q3")
        & FACTS["metric"].isin(["rank_engagement", "rank_influence", "rank_score"])
    ]
    assert lists.groupby(["platform", "metric"]).ngroups == 8
    database.register("printed", lists.assign(place=lists["value"].astype(int)))
    database.execute(
        "create table ranking_quarter as select industry as industry_id, platform, "
        "'2021-Q3' as quarter, metric, organisation as organisation_id, "
        "organisation as account_id, "
        "0.0::double as value, place as rank, 4::bigint as ranked_account_count, "
        "false as is_preliminary from printed"
    )
    database.execute(
        "create table effect_lists as select distinct metric, metric as list_name, "
        "metric as list_name_sv, true as is_counted from printed"
    )
    database.execute(f"create table placement_quarter as {compiled('placement_quarter')}")
    effect = database.execute(
        "select organisation_id, points_count from "
        f"({compiled('effect_quarter')}) order by effect_rank"
    ).fetchall()
    assert effect == [("Swedbank", 19), ("Handelsbanken", 13), ("SEB", 10), ("Nordea", 6)]
    overall = FACTS[
        (FACTS["industry"] == "banks")
        & (FACTS["period"] == "2021Q3")
        & (FACTS["metric"] == "rank_overall")
    ]
    stated = overall.sort_values("value")["organisation"].tolist()
    assert [name for name, _ in effect][: len(stated)] == stated


def test_hedged_numbers_lie_on_their_side_of_a_plain_one():
    """Drygt and over mean at least, nearly and just under at most, of what is printed elsewhere."""
    judged = 0
    for row in FACTS[FACTS["precision"].isin(["lower_bound", "upper_bound"])].itertuples():
        same = FACTS[
            (FACTS["metric"] == row.metric)
            & (FACTS["organisation"] == row.organisation)
            & (FACTS["period"] == row.period)
            & (FACTS["platform"] == row.platform)
            & (FACTS["industry"] == row.industry)
            & FACTS["precision"].isin(["exact", "rounded"])
        ]
        for plain in same["value"].astype(float):
            judged += 1
            step = 10 ** len(re.search(r"0*$", str(int(float(row.value)))).group()) / 2
            if row.precision == "lower_bound":
                assert plain >= float(row.value) - step
            else:
                assert plain <= float(row.value) + step
    assert judged
