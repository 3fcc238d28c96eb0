"""Suite of `metric_industry_quarter`: statistics that the ranked values give."""

from expectations.check import Check, always_true

TABLE = "metric_industry_quarter"

CHECKS = (
    Check(
        id="metric_statistics_agree",
        batch="""
            select
                coalesce(listed.industry_id, ranked.industry_id) as industry_id,
                coalesce(listed.platform, ranked.platform) as platform,
                coalesce(listed.metric, ranked.metric) as metric,
                coalesce(listed.value_count, 0) as value_count,
                coalesce(ranked.value_count, 0) as ranked_count,
                coalesce(listed.value_count, 0) = coalesce(ranked.value_count, 0)
                and coalesce(
                    abs(listed.value_median - ranked.value_median)
                    <= $tolerance * greatest(1, abs(ranked.value_median)),
                    listed.value_median is null
                )
                and coalesce(
                    abs(listed.value_mean - ranked.value_mean)
                    <= $tolerance * greatest(1, abs(ranked.value_mean)),
                    listed.value_mean is null
                )
                and coalesce(listed.value_p10 <= listed.value_p25 + $tolerance, true)
                and coalesce(listed.value_p75 <= listed.value_p90 + $tolerance, true) as agrees
            from (
                select *
                from marts.metric_industry_quarter
                where quarter = $quarter and segment = 'all'
            ) as listed
            full join (
                select
                    industry_id,
                    platform,
                    metric,
                    count(*) as value_count,
                    median(value) as value_median,
                    avg(value) as value_mean
                from marts.ranking_quarter
                where quarter = $quarter
                group by industry_id, platform, metric
            ) as ranked
                on
                    listed.industry_id = ranked.industry_id
                    and listed.platform = ranked.platform
                    and listed.metric = ranked.metric
        """,
        failing="not agrees",
        reason="""
            metric || ' of ' || industry_id || ' on ' || platform || ': ' || value_count
            || ' values in the statistics, ' || ranked_count
            || ' in the ranking, or a mean, median or percentile that they do not give'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="segments_within_industry",
        batch="""
            select
                groups.industry_id,
                groups.platform,
                groups.metric,
                groups.segment,
                groups.value_count,
                whole.value_count as industry_value_count,
                coalesce(groups.value_count <= whole.value_count, false) as is_within
            from (
                select
                    industry_id,
                    platform,
                    metric,
                    segment,
                    sum(value_count) as value_count
                from marts.metric_industry_quarter
                where quarter = $quarter and segment in ('size_class', 'county', 'country')
                group by industry_id, platform, metric, segment
            ) as groups
            left join marts.metric_industry_quarter as whole
                on
                    groups.industry_id = whole.industry_id
                    and groups.platform = whole.platform
                    and groups.metric = whole.metric
                    and whole.quarter = $quarter
                    and whole.segment = 'all'
        """,
        failing="not is_within",
        reason="""
            metric || ' of ' || industry_id || ' on ' || platform || ': the groups by ' || segment
            || ' hold ' || value_count || ' values, the industry '
            || coalesce(industry_value_count, 0)
        """,
        expectations=always_true("is_within"),
        minimum_rows=0,
    ),
)
