"""What is done to the engagement of the hand-written candidate, and which checks must notice.

Belongs here: statement, refusing checks and words of each. Does not belong here: running them
(`test_gate_poisons.py`).
"""

from __future__ import annotations

from tests.support.gates import ACCOUNT, QUARTER

ENGAGEMENT_POISONS = {
    "interactions are not those of the posts": (
        "update marts.benchmark_engagement_quarter set interactions_count = interactions_count + 5 "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        {"interactions_reconciled", "engagement_industries_reconciled"}
        | {"months_make_the_quarter"}
        | {"engagement_recounted"},
        f"account {ACCOUNT}: the mart has 1 rows and ",
    ),
    "engagement is missing without a reason": (
        "update marts.benchmark_engagement_quarter set er_day_follower_pct = null "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        {"engagement_has_reason"} | {"scores_recounted"},
        f"account {ACCOUNT}: a figure is missing without a reason",
    ),
    "a share of influence is counted twice": (
        "update marts.benchmark_engagement_quarter set influence_share_pct = 2 * "
        f"influence_share_pct where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        {"engagement_shares_sum"} | {"engagement_recounted"},
        "museums on bluesky: the shares of its accounts miss 100 %",
    ),
    "the quarter before had other interactions": (
        "update marts.benchmark_engagement_quarter set interactions_count_previous = 1 "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        {"engagement_history_agrees"},
        "what is named previous (1 interactions)",
    ),
    "concentration is out of bounds": (
        "update marts.engagement_industry_quarter set influence_hhi_points = 12000 "
        f"where industry_id = 'ports' and quarter = '{QUARTER}'",
        {"engagement_in_order"},
        "ports on bluesky: percentiles of engagement do not rise",
    ),
    "a county is missing": (
        "delete from marts.influence_region_quarter where county = 'North' "
        f"and industry_id = 'ports' and quarter = '{QUARTER}'",
        {"region_shares_sum", "regions_ranked"},
        "ports on bluesky: the counties' shares miss 100 %",
    ),
    "the best post is second": (
        "update marts.best_posts_quarter set rank = rank + 1 "
        f"where list = 'er' and industry_id = 'ports' and quarter = '{QUARTER}'",
        {"best_posts_ranked"},
        "ports on bluesky, list er: post",
    ),
    "the best posts are left out": (
        "delete from marts.best_posts_quarter "
        f"where industry_id = 'ports' and quarter = '{QUARTER}'",
        {"best_posts_present"},
        "interactions and no best post",
    ),
}
"""Name -> SQL on the candidate, the checks that refuse it, and what they say."""
