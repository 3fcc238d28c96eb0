-- Which gender and age an account's followers have, by the last export of the quarter that says so.
-- Grain: one row per (account_id, quarter, dimension, segment)
with account_quarters as (
    select * from {{ ref('benchmark_account_quarter') }}
),

quarters as (
    select * from {{ ref('dim_quarter') }}
),

segments as (
    select * from {{ ref('stg_lake__follower_segments') }}
),

seen as (
    select
        account_quarters.account_id,
        account_quarters.quarter,
        segments.gender,
        segments.age,
        coalesce(segments.gender is not null and segments.age is not null, false) as is_crossed,
        segments.followers_count,
        segments.share_basis_points,
        segments.observed_at,
        segments.observed_date,
        segments.extracted_at,
        segments.source,
        segments.origin
    from account_quarters
    inner join quarters
        on account_quarters.quarter = quarters.quarter
    inner join segments
        on
            account_quarters.account_id = segments.account_id
            and segments.observed_date
            between quarters.quarter_start_date and quarters.quarter_end_date
),

by_dimension as (
    select
        *,
        'gender' as dimension,
        gender as segment
    from seen
    where gender is not null

    union all

    select
        *,
        'age' as dimension,
        age as segment
    from seen
    where age is not null
),

-- The last export of the quarter that has the dimension, since gender and age may come in
-- files of their own; landed twice, the later landing.
latest as (
    select *
    from by_dimension
    qualify
        dense_rank() over (
            partition by account_id, quarter, dimension
            order by observed_at desc, extracted_at desc, source asc
        ) = 1
),

-- A table of gender by age says both; its margins, where it has them too, would count twice.
marked as (
    select
        *,
        max(case when is_crossed then 1 else 0 end) over (
            partition by account_id, quarter, dimension
        ) = 1 as has_crossed
    from latest
),

divided as (
    select *
    from marked
    where is_crossed = has_crossed
),

summed as (
    select
        account_id,
        quarter,
        dimension,
        segment,
        sum(followers_count) as segment_count,
        sum(share_basis_points) as segment_basis_points,
        max(observed_date) as observed_date,
        max(source) as source,
        max(origin) as origin
    from divided
    group by account_id, quarter, dimension, segment
),

sized as (
    select
        account_quarters.industry_id,
        account_quarters.organisation_id,
        account_quarters.platform,
        account_quarters.is_preliminary,
        summed.*,
        {{ quarter_number('summed.quarter') }} as quarter_number,
        sum(summed.segment_count) over (
            partition by summed.account_id, summed.quarter, summed.dimension
        ) as counted_count,
        sum(summed.segment_basis_points) over (
            partition by summed.account_id, summed.quarter, summed.dimension
        ) as divided_basis_points,
        account_quarters.followers_end_count
    from summed
    inner join account_quarters
        on
            summed.account_id = account_quarters.account_id
            and summed.quarter = account_quarters.quarter
),

judged as (
    select
        *,
        cast(coalesce(counted_count, followers_end_count) as bigint) as divided_followers_count,
        case
            when coalesce(counted_count, followers_end_count) is null then 'unknown_size'
            when coalesce(counted_count, followers_end_count) < {{ min_divided_followers() }}
                then 'small_base'
            -- People of one segment and percent of another have no common whole.
            when counted_count is not null and divided_basis_points is not null then 'incomplete'
            when divided_basis_points not between 9800 and 10200 then 'incomplete'
            else 'ok'
        end as demographics_status
    from sized
),

shown as (
    select
        *,
        case
            when demographics_status = 'ok'
                then
                    100 * cast(coalesce(segment_count, segment_basis_points) as double)
                    / coalesce(counted_count, divided_basis_points)
        end as follower_share_pct
    from judged
),

final as (
    select
        shown.industry_id,
        shown.organisation_id,
        shown.account_id,
        shown.platform,
        shown.quarter,
        shown.dimension,
        shown.segment,
        shown.follower_share_pct,
        previous.follower_share_pct as follower_share_pct_previous,
        year_ago.follower_share_pct as follower_share_pct_year_ago,
        shown.follower_share_pct - previous.follower_share_pct as follower_share_change_points,
        shown.divided_followers_count,
        shown.demographics_status,
        shown.observed_date,
        shown.source,
        shown.origin,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    left join shown as previous
        on
            shown.account_id = previous.account_id
            and shown.dimension = previous.dimension
            and shown.segment = previous.segment
            and shown.quarter_number - 1 = previous.quarter_number
    left join shown as year_ago
        on
            shown.account_id = year_ago.account_id
            and shown.dimension = year_ago.dimension
            and shown.segment = year_ago.segment
            and shown.quarter_number - 4 = year_ago.quarter_number
)

select * from final
