"""Suite of `best_posts_quarter`: places follow the values, and no list is left out."""

from expectations.check import Check, always_true

TABLE = "best_posts_quarter"

CHECKS = (
    Check(
        id="best_posts_ranked",
        batch="""
            select
                industry_id,
                platform,
                list,
                account_id,
                post_id,
                rank,
                (
                    rank = dense_rank() over (
                        partition by industry_id, platform, list
                        order by
                            case list
                                when 'interactions' then interactions_count::double
                                when 'er' then post_er_follower_pct
                                else ratio_to_median
                            end desc nulls last
                    )
                ) is true as is_right
            from marts.best_posts_quarter
            where quarter = $quarter
        """,
        failing="not is_right",
        reason="""
            industry_id || ' on ' || platform || ', list ' || list || ': post ' || post_id
            || ' has place ' || coalesce(rank || '', 'NULL') || ', which the values do not give'
        """,
        expectations=always_true("is_right"),
        minimum_rows=0,
    ),
    Check(
        id="best_posts_present",
        batch="""
            select
                industries.industry_id,
                industries.platform,
                industries.interactions_count,
                best.post_count,
                coalesce(best.post_count, 0) > 0 as is_listed
            from marts.engagement_industry_quarter as industries
            left join (
                select industry_id, platform, count(*) as post_count
                from marts.best_posts_quarter
                where quarter = $quarter and list = 'interactions'
                group by industry_id, platform
            ) as best
                on
                    industries.industry_id = best.industry_id
                    and industries.platform = best.platform
            where industries.quarter = $quarter and industries.interactions_count > 0
        """,
        failing="not is_listed",
        reason="""
            industry_id || ' on ' || platform || ' has ' || interactions_count
            || ' interactions and no best post'
        """,
        expectations=always_true("is_listed"),
        minimum_rows=0,
    ),
    Check(
        id="best_posts_recounted",
        batch="""
            select
                listed.industry_id,
                listed.platform,
                listed.list,
                listed.account_id,
                listed.post_id,
                coalesce(
                    listed.interactions_count = staged.interactions_count
                    and listed.kind is not distinct from staged.kind
                    and listed.reactions_count is not distinct from staged.reactions_count
                    and listed.comments_count is not distinct from staged.comments_count
                    and listed.shares_count is not distinct from staged.shares_count
                    and listed.quotes_count is not distinct from staged.quotes_count
                    and (listed.post_er_follower_pct is null) = (listed.post_er_status <> 'ok')
                    and (listed.ratio_to_median is null) = (listed.ratio_status <> 'ok')
                    and coalesce(
                        abs(
                            listed.post_er_follower_pct
                            - 100 * listed.interactions_count / listed.followers_count
                        ) <= $tolerance,
                        listed.post_er_follower_pct is null
                    )
                    and coalesce(
                        listed.followers_count
                        between followers.least_count and followers.most_count,
                        listed.followers_count is null
                    )
                    and coalesce(
                        abs(
                            listed.ratio_to_median
                            - listed.interactions_count / staged.median_count
                        ) <= $tolerance * greatest(listed.ratio_to_median, 1),
                        listed.ratio_to_median is null
                    ),
                    false
                ) as agrees
            from marts.best_posts_quarter as listed
            left join (
                select *, median(interactions_count) over (partition by account_id) as median_count
                from gate_posts
                where is_own
            ) as staged
                on listed.account_id = staged.account_id and listed.post_id = staged.post_id
            left join (
                select
                    account_id,
                    min(followers_count) as least_count,
                    max(followers_count) as most_count
                from gate_readings
                group by account_id
            ) as followers
                on listed.account_id = followers.account_id
            where listed.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            industry_id || ' on ' || platform || ', list ' || list || ': post ' || post_id
            || ' has counters, followers or a rate that the staged post of ' || account_id
            || ' does not give'
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
