"""Suite of `activity_engagement_period`: months make the quarter, and the longer periods."""

from expectations.check import Check, always_true

TABLE = "activity_engagement_period"

CHECKS = (
    Check(
        id="months_make_the_quarter",
        batch="""
            select
                quarters.industry_id,
                quarters.account_id,
                quarters.platform,
                quarters.post_count,
                months.post_count as month_post_count,
                months.month_count is not distinct from 3
                and months.post_count is not distinct from quarters.post_count
                and coalesce(months.interactions_count = answers.interactions_count, true)
                    as adds_up
            from marts.benchmark_activity_quarter as quarters
            inner join marts.benchmark_engagement_quarter as answers
                on
                    quarters.account_id = answers.account_id
                    and quarters.quarter = answers.quarter
            left join (
                select
                    account_id,
                    count(distinct period) as month_count,
                    sum(post_count) as post_count,
                    sum(interactions_count) as interactions_count
                from marts.activity_engagement_period
                where quarter = $quarter and grain = 'month'
                group by account_id
            ) as months
                on quarters.account_id = months.account_id
            where quarters.quarter = $quarter
        """,
        failing="not adds_up",
        reason="""
            'account ' || account_id || ': ' || coalesce(post_count || '', 'no')
            || ' posts in the quarter, ' || coalesce(month_post_count || '', 'none')
            || ' in its months, or a month or its interactions do not add up'
        """,
        expectations=always_true("adds_up"),
    ),
    Check(
        id="periods_add_up",
        batch="""
            select
                periods.industry_id,
                periods.account_id,
                periods.platform,
                periods.period,
                periods.post_count,
                months.post_count as month_post_count,
                case
                    when periods.activity_status = 'ok' then
                        periods.post_count is not distinct from months.post_count
                    else periods.post_count is null
                end as adds_up
            from marts.activity_engagement_period as periods
            left join (
                select
                    longer.account_id,
                    longer.period,
                    sum(months.post_count) as post_count
                from marts.activity_engagement_period as longer
                inner join marts.activity_engagement_period as months
                    on
                        longer.account_id = months.account_id
                        and months.grain = 'month'
                        and months.period_end_date
                        between longer.period_start_date and longer.period_end_date
                where longer.quarter = $quarter and longer.grain <> 'month'
                group by longer.account_id, longer.period
            ) as months
                on
                    periods.account_id = months.account_id
                    and periods.period = months.period
            where periods.quarter = $quarter and periods.grain <> 'month'
        """,
        failing="not adds_up",
        reason="""
            'account ' || account_id || ' in ' || period || ': '
            || coalesce(post_count || '', 'no') || ' posts, in its months '
            || coalesce(month_post_count || '', 'none')
        """,
        expectations=always_true("adds_up"),
        minimum_rows=0,
    ),
)
