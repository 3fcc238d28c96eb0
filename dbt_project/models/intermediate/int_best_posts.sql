-- The ten best posts of an industry on a platform, by each of three measures.
-- Grain: one row per (industry_id, platform, quarter, list, account_id, post_id)
with rates as (
    select * from {{ ref('int_post_rates') }}
),

-- A post that nobody answered is not among the best, however few there are.
listed as (
    select
        industry_id,
        platform,
        quarter,
        'interactions' as list,
        account_id,
        post_id,
        cast(interactions_count as double) as value
    from rates
    where interactions_count > 0
    union all
    select
        industry_id,
        platform,
        quarter,
        'er' as list,
        account_id,
        post_id,
        er_pct as value
    from rates
    where er_pct > 0
    union all
    select
        industry_id,
        platform,
        quarter,
        'ratio_to_median' as list,
        account_id,
        post_id,
        ratio_to_median as value
    from rates
    where ratio_to_median > 0
),

-- A post is listed when fewer than ten are better, so equals of the tenth are listed with it;
-- places are dense: equals share one and the next is not skipped.
final as (
    select
        industry_id,
        platform,
        quarter,
        list,
        account_id,
        post_id,
        value,
        cast(
            dense_rank() over (
                partition by industry_id, platform, quarter, list order by value desc
            ) as bigint
        ) as rank
    from listed
    qualify
        rank() over (
            partition by industry_id, platform, quarter, list order by value desc
        ) <= 10
)

select * from final
