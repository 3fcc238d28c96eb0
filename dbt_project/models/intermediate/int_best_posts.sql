-- The ten best posts of an industry on a platform, by each of three measures.
-- Grain: one row per (industry_id, platform, quarter, list, account_id, post_id)
with candidates as (
    select * from {{ ref('int_account_best_posts') }}
),

account_quarters as (
    select * from {{ ref('int_account_post_quarters') }}
),

listed as (
    select
        account_quarters.industry_id,
        account_quarters.platform,
        candidates.quarter,
        candidates.list,
        candidates.account_id,
        candidates.post_id,
        candidates.value
    from candidates
    inner join account_quarters
        on
            candidates.account_id = account_quarters.account_id
            and candidates.quarter = account_quarters.quarter
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
