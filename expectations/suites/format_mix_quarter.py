"""Suite of `format_mix_quarter`: the formats add up to the posts."""

from expectations.check import Check, always_true

TABLE = "format_mix_quarter"

CHECKS = (
    Check(
        id="format_shares_sum",
        batch="""
            select
                posts.industry_id,
                posts.account_id,
                posts.platform,
                posts.post_count,
                coalesce(formats.post_count, 0) as format_post_count,
                coalesce(formats.post_count, 0) = posts.post_count
                and abs(coalesce(formats.share_pct, 100) - 100) <= $tolerance_pct as adds_up
            from marts.benchmark_activity_quarter as posts
            left join (
                select account_id, sum(post_count) as post_count, sum(post_share_pct) as share_pct
                from marts.format_mix_quarter
                where quarter = $quarter
                group by account_id
            ) as formats
                on posts.account_id = formats.account_id
            where posts.quarter = $quarter and posts.post_count is not null
        """,
        failing="not adds_up",
        reason="""
            'account ' || account_id || ': its formats hold ' || format_post_count
            || ' posts, the quarter ' || post_count || '; or their shares do not add up to 100'
        """,
        expectations=always_true("adds_up"),
        minimum_rows=0,
    ),
)
