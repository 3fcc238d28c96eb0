"""Suite of `benchmark_activity_quarter`: who published how much, counted anew from the readings."""

from expectations.check import Check, always_true

TABLE = "benchmark_activity_quarter"

# The post's last reading within a week of the quarter's end decides what it was.
_STAGED = """
    select
        account_id,
        count(*) filter (where not is_repost and not is_deleted and kind <> 'story') as post_count
    from (
        select
            posts.account_id,
            posts.post_id,
            max_by(coalesce(posts.is_repost, false), posts.observed_at) as is_repost,
            max_by(coalesce(posts.is_deleted, false), posts.observed_at) as is_deleted,
            max_by(posts.kind, posts.observed_at) as kind
        from staging.stg_lake__posts as posts
        inner join marts.dim_quarter as quarters
            on
                quarters.quarter = $quarter
                and posts.published_at at time zone 'UTC' >= quarters.starts_at
                and posts.published_at at time zone 'UTC' < quarters.ends_at
        where posts.observed_date between $first_day::date and $last_day::date + 7
        group by posts.account_id, posts.post_id
    ) as latest
    group by account_id
"""

CHECKS = (
    Check(
        id="activity_rows_present",
        batch=f"""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.row_count,
                listed.post_count,
                coalesce(staged.post_count, 0) as staged_post_count,
                coalesce(
                    listed.row_count = 1
                    and coalesce(listed.post_count, 0) = coalesce(staged.post_count, 0),
                    false
                ) as agrees
            from gate_expected as expected
            left join (
                select account_id, count(*) as row_count, max(post_count) as post_count
                from marts.benchmark_activity_quarter
                where quarter = $quarter
                group by account_id
            ) as listed
                on expected.account_id = listed.account_id
            left join ({_STAGED}) as staged
                on expected.account_id = staged.account_id
        """,  # noqa: S608 - fixed text
        failing="not agrees",
        reason="""
            'account ' || account_id || ': the mart has '
            || coalesce(row_count || ' rows and ' || coalesce(post_count || ' posts', 'no count'),
                'no row')
            || ', the staged readings show ' || staged_post_count || ' posts'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="activity_history_agrees",
        batch="""
            select
                later.industry_id,
                later.account_id,
                later.platform,
                later.post_count_previous,
                earlier.post_count,
                later.post_count_previous is not distinct from earlier.post_count as agrees
            from marts.benchmark_activity_quarter as later
            inner join marts.benchmark_activity_quarter as earlier
                on later.account_id = earlier.account_id and earlier.quarter = $previous
            where later.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ' is said to have published '
            || coalesce(post_count_previous || '', 'an unknown number of')
            || ' posts in the quarter before; that quarter says '
            || coalesce(post_count || '', 'nothing')
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
