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
                and months.measured_post_count is not distinct from answers.measured_post_count
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
                    sum(measured_post_count) as measured_post_count,
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
                        and periods.measured_post_count is not distinct from
                            months.measured_post_count
                        and case
                            when periods.interactions_count is not null then
                                periods.interactions_count is not distinct from
                                    months.interactions_count
                            else periods.interactions_status <> 'ok'
                        end
                    else periods.post_count is null
                end as adds_up
            from marts.activity_engagement_period as periods
            left join (
                select
                    longer.account_id,
                    longer.period,
                    sum(months.post_count) as post_count,
                    sum(months.measured_post_count) as measured_post_count,
                    sum(months.interactions_count) as interactions_count
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
    Check(
        id="period_arithmetic",
        batch="""
            select
                periods.industry_id,
                periods.account_id,
                periods.platform,
                periods.period,
                coalesce(
                    abs(
                        periods.posts_per_month - periods.post_count / case periods.grain
                            when 'month' then 1
                            when 'half_year' then 6
                            else 12
                        end
                    ) <= $tolerance,
                    periods.posts_per_month is null and periods.post_count is null
                )
                and (periods.post_count is null) = (periods.activity_status <> 'ok')
                and (periods.measured_post_count is null) = (periods.activity_status <> 'ok')
                and (periods.interactions_count is null) = (periods.interactions_status <> 'ok')
                and (periods.followers_mean_count is null) = (periods.followers_status <> 'ok')
                and (periods.er_period_follower_pct is null) = (periods.er_period_status <> 'ok')
                and coalesce(
                    abs(
                        periods.er_period_follower_pct
                        - 100 * periods.interactions_count / periods.measured_post_count
                        / periods.followers_mean_count
                    ) <= $tolerance,
                    periods.er_period_follower_pct is null
                )
                and case
                    when periods.followers_mean_count is null then true
                    when periods.grain = 'month' then
                        coalesce(
                            periods.followers_mean_count
                            between followers.least_count and followers.most_count,
                            false
                        )
                    else coalesce(
                        periods.followers_mean_count
                        between (
                            select min(months.followers_mean_count) - $tolerance
                            from marts.activity_engagement_period as months
                            where
                                months.account_id = periods.account_id
                                and months.grain = 'month'
                                and months.period_end_date
                                between periods.period_start_date and periods.period_end_date
                        ) and (
                            select max(months.followers_mean_count) + $tolerance
                            from marts.activity_engagement_period as months
                            where
                                months.account_id = periods.account_id
                                and months.grain = 'month'
                                and months.period_end_date
                                between periods.period_start_date and periods.period_end_date
                        ),
                        false
                    )
                end as agrees
            from marts.activity_engagement_period as periods
            left join (
                select
                    account_id,
                    min(followers_count) as least_count,
                    max(followers_count) as most_count
                from gate_readings
                group by account_id
            ) as followers
                on periods.account_id = followers.account_id
            where periods.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ' in ' || period || ': a rate is not what the counts beside'
            || ' it give, its followers are not those that were read, or a status fits no figure'
        """,
        expectations=always_true("agrees"),
    ),
)
