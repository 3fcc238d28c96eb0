"""Suite of `ranking_quarter`: places are dense, follow the values and remember the last ones."""

from expectations.check import Check, always_true, between

TABLE = "ranking_quarter"

# Table -> the figures of it that are ranked.
_RANKED = {
    "benchmark_account_quarter": (
        "followers_end_count", "follower_change_count", "follower_growth_pct",
    ),
    "benchmark_audience_quarter": ("penetration_pct",),
    "benchmark_activity_quarter": ("post_count",),
    "benchmark_engagement_quarter": (
        "interactions_count", "interactions_per_post", "interactions_per_1000_followers",
        "er_post_follower_pct", "er_period_follower_pct", "er_day_follower_pct",
        "influence_count", "share_of_voice_pct", "virality_per_1000_followers",
    ),
    "benchmark_service_quarter": (
        "response_rate_pct", "answered_24h_pct", "response_median_minutes",
    ),
}  # fmt: skip
_STATED = " union all ".join(
    f"""
    select industry_id, platform, account_id, metric, value
    from (
        select industry_id, platform, account_id,
            {", ".join(f"{name}::double as {name}" for name in names)}
        from marts.{table}
        where quarter = $quarter
    ) unpivot (value for metric in ({", ".join(names)}))
    """  # noqa: S608 - names from above
    for table, names in _RANKED.items()
)

CHECKS = (
    Check(
        id="rankings_present",
        batch="""
            select
                industries.industry_id,
                industries.platform,
                industries.covered_account_count,
                coalesce(ranking.ranked_count, 0) as ranked_count,
                coalesce(ranking.ranked_count, 0) = industries.covered_account_count as is_complete
            from marts.benchmark_industry_quarter as industries
            left join (
                select industry_id, platform, count(rank) as ranked_count
                from marts.ranking_quarter
                where quarter = $quarter and metric = 'followers_end_count'
                group by industry_id, platform
            ) as ranking
                on
                    industries.industry_id = ranking.industry_id
                    and industries.platform = ranking.platform
            where industries.quarter = $quarter
        """,
        failing="not is_complete",
        reason="""
            industry_id || ' on ' || platform || ': ' || ranked_count || ' places by followers for '
            || covered_account_count || ' accounts with a closing count'
        """,
        expectations=always_true("is_complete"),
    ),
    Check(
        id="ranks_dense",
        batch="""
            select
                industry_id,
                platform,
                metric,
                min(rank) as first_rank,
                max(rank) - count(distinct rank) as gap_count
            from marts.ranking_quarter
            where quarter = $quarter and rank is not null
            group by industry_id, platform, metric
        """,
        failing="first_rank <> 1 or gap_count <> 0",
        reason="""
            industry_id || ' on ' || platform || ', ' || metric || ': places begin with '
            || first_rank || ' and ' || gap_count || ' are left out'
        """,
        expectations=lambda _: [between("first_rank", 1, 1), between("gap_count", 0, 0)],
    ),
    Check(
        id="ranks_follow_values",
        batch="""
            select
                industry_id,
                platform,
                metric,
                account_id,
                value,
                rank,
                coalesce(
                    case
                        when value is null then rank is null
                        when rank is null then false
                        when earlier_rank is null then true
                        when value = earlier_value then rank = earlier_rank
                        when value_resolution = 0 and earlier_resolution = 0
                            then rank = earlier_rank + 1
                        else rank in (earlier_rank, earlier_rank + 1)
                    end,
                    false
                ) as follows
            from (
                select
                    tied.*,
                    lag(value) over places as earlier_value,
                    lag(rank) over places as earlier_rank,
                    lag(value_resolution) over places as earlier_resolution
                from (
                    -- Equals share a place, so the coarsest of them says what the step below is.
                    select
                        ranking.* replace (
                            max(ranking.value_resolution) over (
                                partition by industry_id, platform, ranking.metric, value
                            ) as value_resolution
                        ),
                        turned.metric is not null as is_turned
                    from marts.ranking_quarter as ranking
                    left join (
                        select distinct metric
                        from marts.metric_definitions
                        where direction = 'lower_is_better'
                    ) as turned
                        on ranking.metric = turned.metric
                    where ranking.quarter = $quarter
                ) as tied
                window places as (
                    partition by industry_id, platform, metric
                    order by
                        case when is_turned then -value else value end desc nulls last,
                        rank asc,
                        account_id asc
                )
            ) as ordered
        """,
        failing="not follows",
        reason="""
            'account ' || account_id || ' has place ' || coalesce(rank::varchar, 'NULL') || ' by '
            || metric || ' with ' || coalesce(value::varchar, 'NULL')
            || ', which its neighbours do not allow'
        """,
        expectations=always_true("follows"),
    ),
    Check(
        id="rank_history_agrees",
        batch="""
            select
                mine.industry_id,
                mine.platform,
                mine.metric,
                mine.account_id,
                (
                    mine.rank_previous is not distinct from before.rank
                    and mine.value_previous is not distinct from before.value
                    and mine.rank_change is not distinct from mine.rank_previous - mine.rank
                ) as agrees
            from marts.ranking_quarter as mine
            left join marts.ranking_quarter as before
                on
                    mine.industry_id = before.industry_id
                    and mine.platform = before.platform
                    and mine.metric = before.metric
                    and mine.account_id = before.account_id
                    and before.quarter = $previous
            where mine.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ', ' || metric || ': the previous place is not that of the '
            || 'quarter before, or the change is not the difference'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="ranked_values_agree",
        batch=f"""
            select
                coalesce(ranked.industry_id, stated.industry_id) as industry_id,
                coalesce(ranked.platform, stated.platform) as platform,
                coalesce(ranked.account_id, stated.account_id) as account_id,
                coalesce(ranked.metric, stated.metric) as metric,
                ranked.value,
                stated.value as stated_value,
                coalesce(
                    ranked.value = stated.value
                    and ranked.ranked_account_count = count(stated.value) over (
                        partition by stated.industry_id, stated.platform, stated.metric
                    ),
                    false
                ) as agrees
            from (
                select * from ({_STATED}) as figures
                where metric in (select ranking.metric from marts.ranking_quarter as ranking)
            ) as stated
            full join (select * from marts.ranking_quarter where quarter = $quarter) as ranked
                on stated.account_id = ranked.account_id and stated.metric = ranked.metric
        """,  # noqa: S608 - names from above
        failing="not agrees",
        reason="""
            'account ' || account_id || ' is ranked by ' || metric || ' with '
            || coalesce(value || '', 'no value') || '; its own row says '
            || coalesce(stated_value || '', 'unknown')
            || '; or the number of the ranked is another'
        """,
        expectations=always_true("agrees"),
    ),
)
