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
    Check(
        id="peers_recounted",
        batch="""
            select
                listed.industry_id,
                listed.platform,
                listed.account_id,
                listed.metric,
                coalesce(
                    listed.peer_count = expected.peer_count
                    and listed.size_class is not distinct from expected.size_class
                    and listed.class_peer_count is not distinct from case
                        when expected.size_class is not null then expected.class_peer_count
                    end
                    and (listed.percentile_pct is null) = (listed.percentile_status <> 'ok')
                    and (listed.peer_mean is null) = (listed.peer_mean_status <> 'ok')
                    and (listed.other_mean is null) = (listed.other_mean_status <> 'ok')
                    and (listed.class_mean is null) = (listed.class_mean_status <> 'ok')
                    and coalesce(
                        abs(
                            listed.percentile_pct
                            - 100 * (expected.below_count + expected.beside_count / 2)
                            / expected.peer_count
                        ) <= $tolerance,
                        true
                    )
                    and coalesce(
                        abs(listed.peer_mean - expected.peer_sum / expected.peer_count)
                        <= $tolerance * greatest(abs(listed.peer_mean), 1),
                        true
                    )
                    and coalesce(
                        abs(
                            listed.other_mean
                            - (expected.peer_sum - expected.value) / (expected.peer_count - 1)
                        ) <= $tolerance * greatest(abs(listed.other_mean), 1),
                        true
                    )
                    and coalesce(
                        abs(listed.class_mean - expected.class_sum / expected.class_peer_count)
                        <= $tolerance * greatest(abs(listed.class_mean), 1),
                        true
                    ),
                    false
                ) as agrees
            from marts.peers_quarter as listed
            left join (
                select
                    ranked.account_id,
                    ranked.metric,
                    ranked.value,
                    accounts.size_class,
                    count(*) over list as peer_count,
                    case
                        when turned.metric is null
                            then rank() over (list order by ranked.value) - 1
                        else rank() over (list order by ranked.value desc) - 1
                    end as below_count,
                    count(*) over (
                        partition by
                            ranked.industry_id, ranked.platform, ranked.metric, ranked.value
                    ) as beside_count,
                    sum(ranked.value) over list as peer_sum,
                    count(*) over class as class_peer_count,
                    sum(ranked.value) over class as class_sum
                from marts.ranking_quarter as ranked
                inner join marts.benchmark_account_quarter as accounts
                    on
                        ranked.account_id = accounts.account_id
                        and ranked.quarter = accounts.quarter
                left join (
                    select distinct metric
                    from marts.metric_definitions
                    where direction = 'lower_is_better'
                ) as turned
                    on ranked.metric = turned.metric
                where ranked.quarter = $quarter
                window
                    list as (partition by ranked.industry_id, ranked.platform, ranked.metric),
                    class as (
                        partition by
                            ranked.industry_id, ranked.platform, ranked.metric, accounts.size_class
                    )
            ) as expected
                on listed.account_id = expected.account_id and listed.metric = expected.metric
            where listed.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ' by ' || metric || ': its percentile, or the mean or '
            || 'number of its peers, is not what the ranked values give'
        """,
        expectations=always_true("agrees"),
    ),
)
