"""Suite of `posting_times_quarter`: the hours of the week add up to the posts."""

from expectations.check import Check, always_true

TABLE = "posting_times_quarter"

CHECKS = (
    Check(
        id="posting_times_sum",
        batch="""
            select
                posts.industry_id,
                posts.platform,
                posts.post_count,
                coalesce(hours.post_count, 0) as hour_post_count,
                coalesce(hours.post_count, 0) = posts.post_count
                and coalesce(hours.are_hours, true) as adds_up
            from marts.activity_industry_quarter as posts
            left join (
                select
                    industry_id,
                    platform,
                    sum(post_count) as post_count,
                    bool_and(
                        published_weekday between 1 and 7 and published_hour between 0 and 23
                    ) as are_hours
                from marts.posting_times_quarter
                where quarter = $quarter and scope = 'industry'
                group by industry_id, platform
            ) as hours
                on posts.industry_id = hours.industry_id and posts.platform = hours.platform
            where posts.quarter = $quarter and posts.post_count is not null
        """,
        failing="not adds_up",
        reason="""
            'industry ' || industry_id || ' on ' || platform || ': its hours of the week hold '
            || hour_post_count || ' posts, the quarter ' || post_count
            || '; or an hour lies outside the week'
        """,
        expectations=always_true("adds_up"),
        minimum_rows=0,
    ),
)
