"""Suite of `peers_quarter`: standings that follow the ranks."""

from expectations.check import Check, always_true

TABLE = "peers_quarter"

CHECKS = (
    Check(
        id="peers_follow_ranks",
        batch="""
            select
                ranked.industry_id,
                ranked.platform,
                ranked.account_id,
                ranked.metric,
                ranked.rank,
                peers.percentile_pct,
                coalesce(peers.value = ranked.value, false)
                and coalesce(peers.percentile_pct between 0 and 100, true)
                and coalesce(
                    peers.percentile_pct <= lag(peers.percentile_pct) over (
                        partition by ranked.industry_id, ranked.platform, ranked.metric
                        order by ranked.rank, peers.percentile_pct desc
                    ) + 1e-9,
                    true
                ) as follows
            from marts.ranking_quarter as ranked
            left join marts.peers_quarter as peers
                on
                    ranked.account_id = peers.account_id
                    and ranked.quarter = peers.quarter
                    and ranked.metric = peers.metric
            where ranked.quarter = $quarter and ranked.value_resolution = 0
        """,
        failing="not follows",
        reason="""
            'account ' || account_id || ': place ' || rank || ' by ' || metric
            || ' and percentile ' || coalesce(round(percentile_pct, 1) || '', 'none')
            || ' do not go together, or its row is missing'
        """,
        expectations=always_true("follows"),
    ),
)
