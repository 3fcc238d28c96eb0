"""Suite of `posting_times_quarter`: the hours of the week add up to the posts."""

from expectations.check import Check, always_true

TABLE = "posting_times_quarter"

# Every post for its account and once more for its industry, against the account's own median.
_STAGED = """
    select
        scope,
        industry_id,
        platform,
        case when scope = 'account' then account_id end as account_id,
        published_weekday,
        published_hour,
        count(*) as post_count,
        count(distinct account_id) as account_count,
        count(interactions_index) as measured_post_count,
        avg(interactions_index) as interactions_index
    from (
        select
            *,
            interactions_count / nullif(
                median(interactions_count) over (partition by account_id), 0
            ) as interactions_index
        from gate_posts
        where is_own
    ) as posts
    cross join (select unnest(['account', 'industry']) as scope) as scopes
    group by all
"""

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
    Check(
        id="posting_times_recounted",
        batch=f"""
            select
                coalesce(staged.industry_id, listed.industry_id) as industry_id,
                coalesce(staged.platform, listed.platform) as platform,
                coalesce(staged.account_id, listed.account_id) as account_id,
                coalesce(staged.published_weekday, listed.published_weekday) as weekday,
                coalesce(staged.published_hour, listed.published_hour) as hour,
                listed.post_count,
                staged.post_count as staged_post_count,
                coalesce(
                    listed.post_count = staged.post_count
                    and listed.account_count = staged.account_count
                    and listed.measured_post_count = staged.measured_post_count
                    and abs(
                        listed.post_share_pct
                        - 100 * staged.post_count / sum(staged.post_count) over (
                            partition by
                                staged.scope, staged.industry_id, staged.platform, staged.account_id
                        )
                    ) <= $tolerance
                    and case
                        when listed.index_status = 'ok' then
                            abs(listed.interactions_index - staged.interactions_index)
                            <= $tolerance * greatest(staged.interactions_index, 1)
                        else listed.interactions_index is null
                    end,
                    false
                ) as agrees
            from ({_STAGED}) as staged
            full join (
                select * from marts.posting_times_quarter where quarter = $quarter
            ) as listed
                on
                    staged.scope = listed.scope
                    and staged.industry_id = listed.industry_id
                    and staged.platform = listed.platform
                    and staged.account_id is not distinct from listed.account_id
                    and staged.published_weekday = listed.published_weekday
                    and staged.published_hour = listed.published_hour
        """,  # noqa: S608 - fixed text
        failing="not agrees",
        reason="""
            coalesce('account ' || account_id, 'industry ' || industry_id) || ' on ' || platform
            || ', day ' || weekday || ' at ' || hour || ': ' || coalesce(post_count || '', 'no')
            || ' posts, ' || coalesce(staged_post_count || '', 'none')
            || ' staged; or a share or index is not theirs'
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
