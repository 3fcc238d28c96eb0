"""Suite of `benchmark_activity_quarter`: who published how much, counted anew from the readings."""

from expectations.check import Check, always_true

TABLE = "benchmark_activity_quarter"

_STAGED = """
    select
        account_id,
        count(*) filter (where is_own) as post_count,
        count(distinct published_date) filter (where is_own) as active_day_count,
        count(*) filter (where is_repost and not is_deleted) as repost_count,
        count(*) filter (where kind = 'story' and not is_deleted) as story_count,
        count(is_boosted) filter (where is_own) as boosted_known_post_count,
        100.0::double * count(*) filter (where is_own and is_boosted)
        / nullif(count(is_boosted) filter (where is_own), 0) as boosted_share_pct
    from gate_posts
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
        id="activity_recounted",
        batch=f"""
            select
                listed.industry_id,
                listed.account_id,
                listed.platform,
                listed.post_count,
                listed.boosted_known_post_count is not distinct from
                    coalesce(staged.boosted_known_post_count, 0)
                and coalesce(
                    abs(listed.boosted_share_pct - staged.boosted_share_pct) <= $tolerance,
                    listed.boosted_share_pct is null and staged.boosted_share_pct is null
                )
                and case
                    when listed.post_count is null then
                        coalesce(
                            listed.posts_per_month, listed.posts_per_day, listed.active_day_count,
                            listed.repost_count, listed.story_count
                        ) is null
                    else coalesce(
                        abs(listed.posts_per_month - listed.post_count / 3) <= $tolerance
                        and abs(
                            listed.posts_per_day
                            - listed.post_count / ($last_day::date - $first_day::date + 1)
                        ) <= $tolerance
                        and listed.posts_per_month_rounded_count
                        = floor(listed.post_count / 3 + 0.5)
                        and listed.active_day_count = coalesce(staged.active_day_count, 0)
                        and listed.repost_count = coalesce(staged.repost_count, 0)
                        and listed.story_count = coalesce(staged.story_count, 0),
                        false
                    )
                end as agrees
            from marts.benchmark_activity_quarter as listed
            left join ({_STAGED}) as staged
                on listed.account_id = staged.account_id
            where listed.quarter = $quarter
        """,  # noqa: S608 - fixed text
        failing="not agrees",
        reason="""
            'account ' || account_id || ': a count or rate beside its '
            || coalesce(post_count || '', 'unknown') || ' posts is not what the staged posts give'
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
