"""Suite of `benchmark_engagement_quarter`: counted anew, shares whole, past kept."""

from expectations.check import Check, always, always_true, between

TABLE = "benchmark_engagement_quarter"

_COUNTERS = ("reactions", "comments", "shares", "quotes", "saves", "clicks")

_STAGED = f"""
    select
        account_id,
        {", ".join(f"sum({name}_count) as {name}_count" for name in _COUNTERS)},
        {", ".join(f"count({name}_count) as {name}_post_count" for name in _COUNTERS)},
        coalesce(sum(public_views_count), sum(owned_views_count)) as views_count,
        min(settled_date) filter (where coalesce(public_views_count, owned_views_count) >= 0)
            as views_from_date,
        max(settled_date) filter (where coalesce(public_views_count, owned_views_count) >= 0)
            as views_to_date,
        case
            when count(public_views_count) > 0 then
                sum(interactions_count) filter (where public_views_count is not null)
            else sum(interactions_count) filter (where owned_views_count is not null)
        end as viewed_interactions_count,
        case
            when count(public_views_count) > 0 then
                sum(public_views_count) filter (where interactions_count is not null)
            else sum(owned_views_count) filter (where interactions_count is not null)
        end as rated_views_count,
        sum(interactions_count) as interactions_count,
        count(*) as post_count,
        count(interactions_count) as measured_post_count,
        median(interactions_count) as interactions_median_count
    from gate_posts
    where is_own
    group by account_id
"""  # noqa: S608 - names from above

# Views read before and after the platform began to count them otherwise have no sum.
_VIEWS_REDEFINED = """exists (
    select 1 from marts.metric_definition_changes as changes
    where
        changes.platform = listed.platform
        and changes.metric = 'views_count'
        and changes.date_precision = 'day'
        and changes.effective_date > staged.views_from_date
        and changes.effective_date <= staged.views_to_date
)"""

# A mean over days or posts lies between what the fewest and the most followers would give.
_FOLLOWERS = """
    select
        account_id,
        min(followers_count) as least_followers_count,
        max(followers_count) as most_followers_count
    from gate_readings
    group by account_id
"""

# Figure -> what the staged posts and the row's own followers give. Missing where the figure is.
_ARITHMETIC = {
    "interactions_per_post": "listed.interactions_count / staged.measured_post_count",
    "interactions_median_count": "staged.interactions_median_count",
    "er_period_follower_pct": """
        100 * listed.interactions_count / staged.measured_post_count / listed.followers_mean_count
    """,
    "interactions_per_1000_followers": """
        1000 * listed.interactions_count / listed.followers_mean_count
    """,
    "popularity_per_1000_followers": """
        1000 * staged.reactions_count / staged.reactions_post_count / listed.followers_mean_count
    """,
    "commitment_per_1000_followers": """
        1000 * staged.comments_count / staged.comments_post_count / listed.followers_mean_count
    """,
    "virality_per_1000_followers": """
        1000 * staged.shares_count / staged.shares_post_count / listed.followers_mean_count
    """,
    "er_view_pct": "100 * staged.viewed_interactions_count / staged.rated_views_count",
    "influence_share_pct": """
        100 * listed.reactions_count / sum(listed.reactions_count) over (
            partition by listed.industry_id, listed.platform
        )
    """,
    "share_of_voice_pct": """
        100 * listed.interactions_count / sum(listed.interactions_count) over (
            partition by listed.industry_id, listed.platform
        )
    """,
}
_COUNTS_AGREE = " and ".join(
    f"""listed.{name}_count is not distinct from case
        when listed.posts_status <> 'ok' then null
        when coalesce(staged.post_count, 0) = 0 then 0
        else staged.{name}_count
    end"""
    for name in _COUNTERS
)
_RATES_AGREE = " and ".join(
    f"coalesce(abs(listed.{name} - ({formula})) <= $tolerance * greatest(abs({formula}), 1),"
    f" listed.{name} is null)"
    for name, formula in _ARITHMETIC.items()
)

_FIGURES = (
    ("interactions_count", "interactions_status"),
    ("interactions_per_post", "engagement_status"),
    ("er_post_follower_pct", "er_post_status"),
    ("er_period_follower_pct", "er_period_status"),
    ("er_day_follower_pct", "er_day_status"),
    ("influence_share_pct", "influence_share_status"),
    ("share_of_voice_pct", "share_of_voice_status"),
    ("interactions_median_count", "engagement_status"),
    ("interactions_per_1000_followers", "er_period_status"),
    ("popularity_per_1000_followers", "popularity_status"),
    ("commitment_per_1000_followers", "commitment_status"),
    ("virality_per_1000_followers", "virality_status"),
    ("followers_mean_count", "followers_status"),
    ("influence_count", "reactions_status"),
    ("reactions_count", "reactions_status"),
    ("comments_count", "comments_status"),
    ("shares_count", "shares_status"),
    ("quotes_count", "quotes_status"),
    ("views_count", "views_status"),
    ("er_view_pct", "er_view_status"),
    ("saves_count", "saves_status"),
    ("clicks_count", "clicks_status"),
)
_HAVE_REASONS = " and ".join(
    f"coalesce(({value} is null) = ({status} <> 'ok'), false) "
    f"and coalesce(isfinite({value}::double) and {value} >= 0, true)"
    for value, status in _FIGURES
)

CHECKS = (
    Check(
        id="interactions_reconciled",
        batch=f"""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.row_count,
                listed.interactions_count,
                staged.interactions_count as staged_count,
                coalesce(
                    listed.row_count = 1
                    and (
                        expected.valid_from_date > $first_day::date
                        or coalesce(listed.interactions_count, -1)
                        = case
                            when staged.post_count > 0 then coalesce(staged.interactions_count, -1)
                            else coalesce(listed.interactions_count * 0, -1)
                        end
                    ),
                    false
                ) as agrees
            from gate_expected as expected
            left join (
                select
                    account_id,
                    count(*) as row_count,
                    max(interactions_count) as interactions_count
                from marts.benchmark_engagement_quarter
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
            || coalesce(row_count || ' rows and ' || coalesce(interactions_count || '', 'unknown')
                || ' interactions', 'no row')
            || ', the staged posts show ' || coalesce(staged_count || '', 'none')
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="engagement_recounted",
        batch=f"""
            select
                listed.industry_id,
                listed.account_id,
                listed.platform,
                {_COUNTS_AGREE}
                and listed.views_count is not distinct from case
                    when listed.posts_status = 'ok' and not {_VIEWS_REDEFINED}
                        then staged.views_count
                end
                and listed.influence_count is not distinct from listed.reactions_count
                and listed.post_count is not distinct from case
                    when listed.posts_status = 'ok' then coalesce(staged.post_count, 0)
                end
                and listed.measured_post_count is not distinct from case
                    when listed.posts_status = 'ok' then coalesce(staged.measured_post_count, 0)
                end as counts_agree,
                {_RATES_AGREE}
                and listed.er_post_count between 0 and coalesce(staged.measured_post_count, 0)
                as rates_agree,
                coalesce(
                    listed.followers_mean_count
                    between followers.least_followers_count and followers.most_followers_count,
                    listed.followers_mean_count is null
                )
                and coalesce(
                    listed.er_post_count < staged.measured_post_count
                    or listed.er_post_follower_pct
                    between 100 * listed.interactions_per_post / followers.most_followers_count
                    - $tolerance
                    and 100 * listed.interactions_per_post / followers.least_followers_count
                    + $tolerance,
                    true
                )
                and coalesce(
                    listed.er_day_follower_pct * ($last_day::date - $first_day::date + 1)
                    between 100 * listed.interactions_count / followers.most_followers_count
                    - $tolerance
                    and 100 * listed.interactions_count / followers.least_followers_count
                    + $tolerance,
                    true
                ) as followers_agree
            from marts.benchmark_engagement_quarter as listed
            left join ({_STAGED}) as staged
                on listed.account_id = staged.account_id
            left join ({_FOLLOWERS}) as followers
                on listed.account_id = followers.account_id
            where listed.quarter = $quarter
        """,  # noqa: S608 - names from above
        failing="not (counts_agree and rates_agree and followers_agree)",
        reason="""
            'account ' || account_id || ': ' || concat_ws(
                ', ',
                case when not counts_agree then 'a counter' end,
                case when not rates_agree then 'a rate or share' end,
                case when not followers_agree then 'a figure of its followers' end
            ) || ' is not what the staged posts and readings give'
        """,
        expectations=lambda _: [
            *always("counts_agree"),
            *always("rates_agree"),
            *always("followers_agree"),
        ],
    ),
    Check(
        id="engagement_has_reason",
        batch=f"""
            select
                industry_id, account_id, platform, er_period_status, {_HAVE_REASONS} as has_reasons
            from marts.benchmark_engagement_quarter
            where quarter = $quarter
        """,  # noqa: S608 - names from above
        failing="not has_reasons",
        reason="""
            'account ' || account_id || ': a figure is missing without a reason, stands beside '
            || 'one, or is below 0 or infinite; er_period_status is ' || er_period_status
        """,
        expectations=always_true("has_reasons"),
    ),
    Check(
        id="engagement_shares_sum",
        batch="""
            select
                industry_id,
                platform,
                abs(coalesce(sum(influence_share_pct), 100) - 100)::double as influence_off_pct,
                abs(coalesce(sum(share_of_voice_pct), 100) - 100)::double as voice_off_pct
            from marts.benchmark_engagement_quarter
            where quarter = $quarter
            group by industry_id, platform
        """,
        failing="influence_off_pct > $tolerance_pct or voice_off_pct > $tolerance_pct",
        reason="""
            industry_id || ' on ' || platform || ': the shares of its accounts miss 100 % by '
            || influence_off_pct || ' (influence) and ' || voice_off_pct || ' (interactions)'
        """,
        expectations=lambda p: [
            between("influence_off_pct", 0, p["tolerance_pct"]),
            between("voice_off_pct", 0, p["tolerance_pct"]),
        ],
    ),
    Check(
        id="engagement_history_agrees",
        batch="""
            select
                mine.industry_id,
                mine.account_id,
                mine.platform,
                mine.interactions_count_previous,
                before.interactions_count,
                (
                    mine.interactions_count_previous is not distinct from before.interactions_count
                    and mine.er_period_follower_pct_previous is not distinct from
                        before.er_period_follower_pct
                ) as agrees
            from marts.benchmark_engagement_quarter as mine
            inner join marts.benchmark_engagement_quarter as before
                on mine.account_id = before.account_id and before.quarter = $previous
            where mine.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': what is named previous ('
            || coalesce(interactions_count_previous || '', 'unknown')
            || ' interactions) is not what that quarter''s row says ('
            || coalesce(interactions_count || '', 'unknown') || ')'
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
