"""What is done to single figures of the hand-written candidate, and which checks must notice.

Belongs here: statement, refusing checks and words of each. Does not belong here: running them
(`test_gate_poisons.py`).
"""

from __future__ import annotations

_HERE = "where account_id = 'museums_3.bluesky' and quarter = '2026-Q2'"

RECOUNT_POISONS = {
    "a target stands in another industry": (
        "update marts.target_quarter set industry_id = 'ports' where quarter = '2026-Q2'",
        {"accounts_belong"},
        "account museums_3.bluesky is on bluesky for museums_3 of ports in target_quarter",
    ),
    "interactions were negative": (
        f"update marts.benchmark_engagement_quarter set interactions_count_previous = -1 {_HERE}",
        {"counts_not_negative", "engagement_history_agrees"},
        "account museums_3.bluesky on bluesky has -1.0 in benchmark_engagement_quarter",
    ),
    "the weekly growth is twice what it was": (
        "update marts.follower_growth set growth_weekly_cagr_pct = 2 * growth_weekly_cagr_pct "
        f"{_HERE} and grain = 'quarter'",
        {"growth_rates_agree", "scores_recounted"},
        "account museums_3.bluesky, 2026-Q2: its start or end",
    ),
    "more are ranked than there are": (
        f"update marts.ranking_quarter set ranked_account_count = 9 {_HERE}",
        {"ranked_values_agree"},
        "or the number of the ranked is another",
    ),
    "a gap is hidden": (
        f"update marts.coverage_quarter set longest_gap_days = 0 {_HERE}",
        {"coverage_recounted"},
        "or the longest gap is not that of the staged snapshots",
    ),
    "posts are called reposts": (
        f"update marts.benchmark_activity_quarter set repost_count = 2 {_HERE}",
        {"activity_recounted"},
        "a count or rate beside its 13 posts",
    ),
    "a format's median is another": (
        "update marts.format_mix_quarter set interactions_median_count = 1 "
        f"{_HERE} and kind = 'image'",
        {"formats_recounted"},
        "its posts of the format image",
    ),
    "an hour's index is doubled": (
        f"update marts.posting_times_quarter set interactions_index = 9 {_HERE}",
        {"posting_times_recounted"},
        "or a share or index is not theirs",
    ),
    "comments are counted twice": (
        "update marts.benchmark_engagement_quarter set comments_count = 2 * comments_count "
        f"{_HERE}",
        {"engagement_recounted"},
        "account museums_3.bluesky: a counter is not what the staged posts",
    ),
    "a best post has another's comments": (
        "update marts.best_posts_quarter set comments_count = 9 where quarter = '2026-Q2' "
        "and industry_id = 'ports' and list = 'er'",
        {"best_posts_recounted"},
        "ports on bluesky, list er: post",
    ),
    "the slowest answers are forgotten": (
        f"update marts.benchmark_service_quarter set response_p90_minutes = null {_HERE}",
        {"service_recounted"},
        "or is missing without a reason",
    ),
    "the others' mean is nothing": (
        f"update marts.peers_quarter set other_mean = 0 {_HERE}",
        {"peers_recounted"},
        "is not what the ranked values give",
    ),
    "a month has followers that nobody read": (
        "update marts.activity_engagement_period set followers_mean_count = "
        "2 * followers_mean_count, er_period_follower_pct = er_period_follower_pct / 2 "
        f"{_HERE} and period = '2026-05'",
        {"period_arithmetic"},
        "its followers are not those that were read",
    ),
    "an index is doubled": (
        f"update marts.score_quarter set ppi = ppi / 2 {_HERE}",
        {"scores_recounted"},
        "its PPI is not what engagement, growth and their bars give",
    ),
    "a placement is given twice": (
        "insert into marts.effect_lists select * from marts.effect_lists",
        {"rows_unique"},
        "effect_lists: 1 rows repeat another",
    ),
}
"""Name -> SQL on the candidate, the checks that refuse it, and what they say."""
