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
    Check(
        id="formats_recounted",
        batch="""
            select
                coalesce(staged.industry_id, listed.industry_id) as industry_id,
                coalesce(staged.account_id, listed.account_id) as account_id,
                coalesce(staged.platform, listed.platform) as platform,
                coalesce(staged.kind, listed.kind) as kind,
                coalesce(
                    listed.post_count = staged.post_count
                    and abs(listed.post_share_pct - staged.post_share_pct) <= $tolerance
                    and listed.measured_post_count = staged.measured_post_count
                    and listed.interactions_median_count is not distinct from
                        staged.interactions_median_count,
                    false
                ) as agrees
            from (
                select
                    industry_id,
                    account_id,
                    platform,
                    kind,
                    count(*) as post_count,
                    100.0::double * count(*) / sum(count(*)) over (partition by account_id)
                        as post_share_pct,
                    count(interactions_count) as measured_post_count,
                    median(interactions_count) as interactions_median_count
                from gate_posts
                where is_own
                group by industry_id, account_id, platform, kind
            ) as staged
            full join (select * from marts.format_mix_quarter where quarter = $quarter) as listed
                on staged.account_id = listed.account_id and staged.kind = listed.kind
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': its posts of the format ' || kind
            || ' are not those that were staged'
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
