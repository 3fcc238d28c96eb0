-- Each compared account's quarter: followers, growth, the quarter before and the year before.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('int_account_quarters') }}
),

growth as (
    select * from {{ ref('follower_growth') }}
    where grain = 'quarter'
),

-- A class ends where the next one begins.
size_classes as (
    select
        size_class,
        followers_from_count,
        lead(followers_from_count) over (order by followers_from_count) as followers_below_count
    from {{ ref('size_classes') }}
),

-- A quarter without its growth row is a fault of the build: the contract refuses a null status.
measured as (
    select
        account_quarters.industry_id,
        account_quarters.organisation_id,
        account_quarters.account_id,
        account_quarters.platform,
        account_quarters.quarter,
        {{ quarter_number('account_quarters.quarter') }} as quarter_number,
        account_quarters.followers_start_count,
        account_quarters.followers_end_count,
        growth.followers_year_ago_count,
        account_quarters.followers_end_status,
        growth.follower_change_count,
        growth.follower_growth_pct,
        growth.growth_status,
        account_quarters.snapshot_count,
        account_quarters.definition,
        account_quarters.followers_resolution_count,
        account_quarters.origin,
        account_quarters.is_preliminary
    from account_quarters
    left join growth
        on
            account_quarters.account_id = growth.account_id
            and account_quarters.quarter = growth.quarter
),

-- The class is fixed by the size at the start, so that growth moves no account out of its peers.
classed as (
    select
        measured.*,
        size_classes.size_class
    from measured
    left join size_classes
        on
            measured.followers_start_count >= size_classes.followers_from_count
            and (
                measured.followers_start_count < size_classes.followers_below_count
                or size_classes.followers_below_count is null
            )
),

-- The quarter before may not have been built; its closing count is then this quarter's opening one.
final as (
    select
        classed.industry_id,
        classed.organisation_id,
        classed.account_id,
        classed.platform,
        classed.quarter,
        classed.followers_start_count,
        case when classed.followers_start_count is null then 'stale_start' else 'ok' end
            as followers_start_status,
        classed.followers_end_count,
        coalesce(previous.followers_end_count, classed.followers_start_count)
            as followers_end_count_previous,
        coalesce(year_ago.followers_end_count, classed.followers_year_ago_count)
            as followers_end_count_year_ago,
        classed.followers_end_status,
        classed.follower_change_count,
        classed.follower_growth_pct,
        previous.follower_growth_pct as follower_growth_pct_previous,
        year_ago.follower_growth_pct as follower_growth_pct_year_ago,
        classed.growth_status,
        classed.size_class,
        classed.snapshot_count,
        classed.definition,
        classed.followers_resolution_count,
        classed.origin,
        classed.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from classed
    left join measured as previous
        on
            classed.account_id = previous.account_id
            and classed.quarter_number - 1 = previous.quarter_number
    left join measured as year_ago
        on
            classed.account_id = year_ago.account_id
            and classed.quarter_number - 4 = year_ago.quarter_number
)

select * from final
