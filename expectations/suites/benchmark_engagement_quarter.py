"""Suite of `benchmark_engagement_quarter`: counted anew, shares whole, past kept."""

from expectations.check import Check, always_true, between

TABLE = "benchmark_engagement_quarter"

# The post's last reading within a week of the quarter's end; a hidden counter makes it unknown.
_STAGED = """
    select
        latest.account_id,
        sum(
            case when definitions.counts_reactions then latest.reactions_count else 0 end
            + case when definitions.counts_comments then latest.comments_count else 0 end
            + case when definitions.counts_shares then latest.shares_count else 0 end
            + case when definitions.counts_quotes then latest.quotes_count else 0 end
        ) as interactions_count,
        count(*) as post_count
    from (
        select posts.*
        from staging.stg_lake__posts as posts
        inner join marts.dim_quarter as quarters
            on
                quarters.quarter = $quarter
                and posts.published_at at time zone 'UTC' >= quarters.starts_at
                and posts.published_at at time zone 'UTC' < quarters.ends_at
        where posts.observed_date between $first_day::date and $last_day::date + 7
        qualify
            row_number() over (
                partition by posts.account_id, posts.post_id
                order by posts.observed_at desc, posts.extracted_at desc
            ) = 1
    ) as latest
    inner join marts.interaction_definitions as definitions
        on latest.platform = definitions.platform
    where
        not coalesce(latest.is_repost, false)
        and not coalesce(latest.is_deleted, false)
        and latest.kind <> 'story'
    group by latest.account_id
"""

_FIGURES = (
    ("interactions_count", "interactions_status"),
    ("interactions_per_post", "engagement_status"),
    ("er_post_follower_pct", "er_post_status"),
    ("er_period_follower_pct", "er_period_status"),
    ("er_day_follower_pct", "er_day_status"),
    ("influence_share_pct", "influence_share_status"),
    ("share_of_voice_pct", "share_of_voice_status"),
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
