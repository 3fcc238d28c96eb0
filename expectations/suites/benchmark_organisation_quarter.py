"""Suite of `benchmark_organisation_quarter`: sums of the accounts, and of the platforms."""

from expectations.check import Check, always_true

TABLE = "benchmark_organisation_quarter"

CHECKS = (
    Check(
        id="organisations_rolled_up",
        batch="""
            select
                expected.industry_id,
                expected.organisation_id,
                expected.platform,
                coalesce(listed.row_count, 0) as row_count,
                listed.followers_sum_count,
                listed.post_count,
                listed.row_count is not distinct from 1
                and case
                    when expected.account_count > 1 then listed.rollup_rule in ('main', 'sum')
                    else listed.rollup_rule = 'only'
                end
                and (
                    listed.rollup_rule = 'main'
                    or (
                        listed.followers_sum_count is not distinct from expected.followers_count
                        and listed.post_count is not distinct from expected.post_count
                    )
                ) as agrees
            from (
                select
                    accounts.industry_id,
                    accounts.organisation_id,
                    accounts.platform,
                    count(distinct accounts.account_id) as account_count,
                    case
                        when count(sizes.followers_end_count) = count(*)
                            then sum(sizes.followers_end_count)
                    end as followers_count,
                    case when count(posts.post_count) = count(*) then sum(posts.post_count) end
                        as post_count
                from gate_expected as accounts
                inner join marts.benchmark_account_quarter as sizes
                    on accounts.account_id = sizes.account_id and sizes.quarter = $quarter
                inner join marts.benchmark_activity_quarter as posts
                    on accounts.account_id = posts.account_id and posts.quarter = $quarter
                group by accounts.industry_id, accounts.organisation_id, accounts.platform
            ) as expected
            left join (
                select *, count(*) over (partition by organisation_id, platform) as row_count
                from marts.benchmark_organisation_quarter
                where quarter = $quarter
            ) as listed
                on
                    expected.organisation_id = listed.organisation_id
                    and expected.platform = listed.platform
        """,
        failing="not agrees",
        reason="""
            'organisation ' || organisation_id || ' on ' || platform || ': ' || row_count
            || ' rows with ' || coalesce(followers_sum_count || '', 'no') || ' followers and '
            || coalesce(post_count || '', 'no') || ' posts, not what its accounts have'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="platforms_added_up",
        batch="""
            select
                summed.industry_id,
                summed.organisation_id,
                listed.followers_sum_count,
                listed.post_count,
                listed.interactions_count,
                listed.row_count is not distinct from 1
                and listed.followers_sum_count is not distinct from summed.followers_sum_count
                and listed.post_count is not distinct from summed.post_count
                and listed.interactions_count is not distinct from summed.interactions_count
                    as adds_up
            from (
                select
                    industry_id,
                    organisation_id,
                    sum(followers_sum_count) as followers_sum_count,
                    sum(post_count) as post_count,
                    sum(interactions_count) as interactions_count
                from marts.benchmark_organisation_quarter
                where quarter = $quarter and platform <> 'all'
                group by industry_id, organisation_id
            ) as summed
            left join (
                select *, count(*) over (partition by organisation_id) as row_count
                from marts.benchmark_organisation_quarter
                where quarter = $quarter and platform = 'all'
            ) as listed
                on summed.organisation_id = listed.organisation_id
        """,
        failing="not adds_up",
        reason="""
            'organisation ' || organisation_id || ' over platforms: '
            || coalesce(followers_sum_count || '', 'no') || ' followers, '
            || coalesce(post_count || '', 'no') || ' posts and '
            || coalesce(interactions_count || '', 'no')
            || ' interactions are not the sums of its platforms, or its row is missing'
        """,
        expectations=always_true("adds_up"),
    ),
)
