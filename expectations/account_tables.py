"""Which released tables state figures of single accounts.

Belongs here: the names, for the checks that go through all of them. Does not belong here: the
checks.
"""

from __future__ import annotations

ACCOUNT_TABLES = (
    "follower_growth",
    "benchmark_account_quarter",
    "ranking_quarter",
    "coverage_quarter",
    "benchmark_activity_quarter",
    "format_mix_quarter",
    "posting_times_quarter",
    "benchmark_engagement_quarter",
    "best_posts_quarter",
    "benchmark_service_quarter",
    "benchmark_audience_quarter",
    "follower_demographics_quarter",
    "peers_quarter",
    "activity_engagement_period",
    "peer_group_quarter",
    "target_quarter",
    "placement_quarter",
    "score_quarter",
)
"""Every one has account_id, quarter, industry_id and platform; most have organisation_id."""
