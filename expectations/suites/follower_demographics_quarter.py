"""Suite of `follower_demographics_quarter`: shares of whole numbers of followers, or none."""

from expectations.check import Check, always_true

TABLE = "follower_demographics_quarter"

CHECKS = (
    Check(
        id="demographic_shares_sum",
        batch="""
            select
                industry_id,
                account_id,
                platform,
                dimension,
                sum(follower_share_pct) as shares_pct,
                coalesce(
                    case
                        when count(follower_share_pct) = 0
                            then bool_and(demographics_status <> 'ok')
                        else
                            count(*) = count(follower_share_pct)
                            and bool_and(demographics_status = 'ok')
                            and min(divided_followers_count) >= $minimum_count
                            and min(follower_share_pct) >= 0
                            and abs(sum(follower_share_pct) - 100) <= $tolerance_pct
                    end,
                    false
                ) as agrees
            from marts.follower_demographics_quarter
            where quarter = $quarter
            group by industry_id, account_id, platform, dimension
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': its followers by ' || dimension || ' add up to '
            || coalesce(round(shares_pct, 4) || ' %', 'nothing')
            || ', are too few to be shown, or miss a share without a reason'
        """,
        expectations=always_true("agrees"),
        # Only owners' exports have them: in most quarters there is nothing to judge.
        minimum_rows=0,
    ),
    Check(
        id="demographics_staged",
        batch="""
            select
                listed.industry_id,
                listed.account_id,
                listed.platform,
                listed.dimension,
                listed.segment,
                exists (
                    select 1
                    from staging.stg_lake__follower_segments as segments
                    where
                        segments.account_id = listed.account_id
                        and segments.observed_date = listed.observed_date
                        and listed.observed_date between $first_day and $last_day
                        and listed.segment
                        = if(listed.dimension = 'gender', segments.gender, segments.age)
                ) as agrees
            from marts.follower_demographics_quarter as listed
            where listed.quarter = $quarter
            union all
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                staged.dimension,
                null as segment,
                false as agrees
            from gate_expected as expected
            inner join (
                select account_id, unnest(['gender', 'age']) as dimension,
                    unnest([gender, age]) as segment
                from staging.stg_lake__follower_segments
                where observed_date between $first_day and $last_day
            ) as staged
                on expected.account_id = staged.account_id and staged.segment is not null
            anti join marts.follower_demographics_quarter as listed
                on
                    expected.account_id = listed.account_id
                    and staged.dimension = listed.dimension
                    and listed.quarter = $quarter
            group by all
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': ' || coalesce(
                'no export of the quarter divides its followers by ' || dimension || ' into '
                || segment,
                'an export divides its followers by ' || dimension || ' and the mart does not'
            )
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
