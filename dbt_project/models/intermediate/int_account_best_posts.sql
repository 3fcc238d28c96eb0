-- The posts of each account that can be among the ten best of whatever industry it is compared in.
-- Grain: one row per (account_id, quarter, list, post_id)
{{ incremental_by_quarter() }}

with rates as (
    select * from {{ ref('int_post_rates') }}
    where quarter between {{ window_quarter_labels() }}
),

-- A post that nobody answered is not among the best, however few there are.
listed as (
    select
        account_id,
        quarter,
        'interactions' as list,
        post_id,
        cast(interactions_count as double) as value
    from rates
    where interactions_count > 0
    union all
    select
        account_id,
        quarter,
        'er' as list,
        post_id,
        er_pct as value
    from rates
    where er_pct > 0
    union all
    select
        account_id,
        quarter,
        'ratio_to_median' as list,
        post_id,
        ratio_to_median as value
    from rates
    where ratio_to_median > 0
),

-- Ten better ones of the account itself are ten better ones of the industry.
final as (
    select
        account_id,
        quarter,
        list,
        post_id,
        value
    from listed
    qualify rank() over (partition by account_id, quarter, list order by value desc) <= 10
)

select * from final
