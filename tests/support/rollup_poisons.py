"""What is done to the roll-ups of the hand-written candidate, and which checks must notice.

Belongs here: statement, refusing checks and words of each. Does not belong here: running them
(`test_gate_poisons.py`).
"""

from __future__ import annotations

ROLLUP_POISONS = {
    "an account's posts are counted twice": (
        "update marts.benchmark_activity_quarter set post_count = 2 * post_count "
        "where account_id = 'museums_3.bluesky' and quarter = '2026-Q2'",
        {"activity_rows_present", "activity_industries_reconciled", "format_shares_sum"}
        | {"organisations_rolled_up", "months_make_the_quarter", "activity_recounted"},
        "account museums_3.bluesky: the mart has 1 rows and 26 posts, the staged readings show 13",
    ),
    "an organisation's followers are not its accounts'": (
        "update marts.benchmark_organisation_quarter set followers_sum_count = 7 "
        "where quarter = '2026-Q2' and organisation_id = 'museums_3'",
        {"organisations_rolled_up"},
        "organisation museums_3 on bluesky: 1 rows with 7 followers",
    ),
    "a platform is left out of the whole": (
        "update marts.benchmark_organisation_quarter set interactions_count = 1 "
        "where quarter = '2026-Q2' and organisation_id = 'ports_2' and platform = 'all'",
        {"platforms_added_up"},
        "organisation ports_2 over platforms",
    ),
    "a month is missing": (
        "delete from marts.activity_engagement_period "
        "where period = '2026-05' and account_id = 'museums_3.bluesky'",
        {"months_make_the_quarter", "periods_add_up"},
        "account museums_3.bluesky",
    ),
    "a half year is not its months": (
        "update marts.activity_engagement_period set post_count = 2 * post_count "
        "where grain = 'half_year' and account_id = 'museums_3.bluesky'",
        {"periods_add_up", "period_arithmetic"},
        "account museums_3.bluesky in 2026-H1",
    ),
    "a peer group is in another order": (
        "update marts.peer_group_quarter set group_rank = 9 - group_rank "
        "where quarter = '2026-Q2' and metric = 'followers_end_count'",
        {"peer_groups_ranked"},
        "in coast: place",
    ),
    "a small group's mean is shown": (
        "delete from staging.stg_registry__peer_groups where organisation_id > 'museums_4'; "
        "delete from marts.peer_group_quarter where organisation_id > 'museums_4'; "
        "update marts.peer_group_quarter as p set group_account_count = 5, group_rank = r.place "
        "from (select account_id, metric, quarter, dense_rank() over ("
        "partition by metric, quarter order by group_rank) as place "
        "from marts.peer_group_quarter) as r "
        "where p.account_id = r.account_id and p.metric = r.metric and p.quarter = r.quarter",
        {"peer_groups_ranked"},
        "the group's mean is another",
    ),
    "a target is counted as nearer": (
        "update marts.target_quarter set progress_pct = 99 where quarter = '2026-Q2'",
        {"targets_followed"},
        "is not 99.0 percent of the way",
    ),
}
"""Name -> SQL on the candidate, the checks that refuse it, and what they say."""
