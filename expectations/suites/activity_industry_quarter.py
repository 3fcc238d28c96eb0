"""Suite of `activity_industry_quarter`: an industry is the sum of its accounts."""

from expectations.check import Check, always_true

TABLE = "activity_industry_quarter"

CHECKS = (
    Check(
        id="activity_industries_reconciled",
        batch="""
            select
                coalesce(listed.industry_id, summed.industry_id) as industry_id,
                coalesce(listed.platform, summed.platform) as platform,
                listed.post_count,
                summed.post_count as summed_post_count,
                coalesce(
                    listed.account_count = summed.account_count
                    and listed.measured_account_count = summed.measured_account_count
                    and listed.post_count is not distinct from summed.post_count,
                    false
                ) as agrees
            from (
                select * from marts.activity_industry_quarter where quarter = $quarter
            ) as listed
            full join (
                select
                    industry_id,
                    platform,
                    count(*) as account_count,
                    count(post_count) as measured_account_count,
                    sum(post_count) as post_count
                from marts.benchmark_activity_quarter
                where quarter = $quarter
                group by industry_id, platform
            ) as summed
                on listed.industry_id = summed.industry_id and listed.platform = summed.platform
        """,
        failing="not agrees",
        reason="""
            'industry ' || industry_id || ' on ' || platform || ' has '
            || coalesce(post_count || ' posts', 'no post count') || ', its accounts '
            || coalesce(summed_post_count || '', 'none')
        """,
        expectations=always_true("agrees"),
    ),
)
