-- The first three of every counted list of a platform and a factor, and the points they bring.
-- Grain: one row per (industry_id, platform, quarter, metric, organisation_id)
with rankings as (
    select * from {{ ref('ranking_quarter') }}
),

lists as (
    select * from {{ ref('effect_lists') }}
    where is_counted
),

-- Organisations win, not accounts: one with two accounts on a platform stands where its better one
-- does. A list of one says nothing and brings no points.
best as (
    select
        rankings.industry_id,
        rankings.platform,
        rankings.quarter,
        rankings.metric,
        lists.list_name,
        lists.list_name_sv,
        rankings.organisation_id,
        rankings.account_id,
        rankings.value,
        rankings.rank as place,
        rankings.ranked_account_count,
        rankings.is_preliminary
    from rankings
    inner join lists
        on rankings.metric = lists.metric
    where rankings.rank <= 3 and rankings.ranked_account_count > 1
    qualify
        row_number() over (
            partition by
                rankings.industry_id,
                rankings.platform,
                rankings.quarter,
                rankings.metric,
                rankings.organisation_id
            order by rankings.rank asc, rankings.account_id asc
        ) = 1
),

final as (
    select
        industry_id,
        platform,
        quarter,
        metric,
        list_name,
        list_name_sv,
        organisation_id,
        account_id,
        value,
        place,
        cast(4 - place as bigint) as points_count,
        ranked_account_count,
        is_preliminary,
        '{{ var("method_version") }}' as method_version
    from best
)

select * from final
