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
)
