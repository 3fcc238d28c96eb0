-- The best posts of an industry on a platform, by each of three measures, with their words.
-- Grain: one row per (industry_id, platform, quarter, list, account_id, post_id)
with best as (
    select * from {{ ref('int_best_posts') }}
),

rates as (
    select * from {{ ref('int_post_rates') }}
),

posts as (
    select * from {{ ref('int_posts') }}
),

texts as (
    select * from {{ ref('int_best_post_texts') }}
),

account_quarters as (
    select * from {{ ref('int_account_post_quarters') }}
),

final as (
    select
        best.industry_id,
        best.platform,
        best.quarter,
        best.list,
        best.rank,
        account_quarters.organisation_id,
        best.account_id,
        best.post_id,
        posts.published_at,
        posts.kind,
        posts.permalink,
        texts.text,
        posts.reactions_count,
        posts.comments_count,
        posts.shares_count,
        posts.quotes_count,
        rates.interactions_count,
        rates.followers_count,
        rates.er_pct as post_er_follower_pct,
        case
            when rates.interactions_count is null then 'hidden_counters'
            when rates.er_pct is null then 'no_followers'
            else 'ok'
        end as post_er_status,
        rates.ratio_to_median,
        case
            when rates.interactions_count is null then 'hidden_counters'
            when rates.ratio_to_median is null and rates.interactions_median_count = 0
                then 'zero_median'
            when rates.ratio_to_median is null then 'few_posts'
            else 'ok'
        end as ratio_status,
        posts.is_boosted,
        posts.origin,
        account_quarters.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from best
    inner join rates
        on
            best.account_id = rates.account_id
            and best.post_id = rates.post_id
    inner join posts
        on
            best.account_id = posts.account_id
            and best.post_id = posts.post_id
    inner join account_quarters
        on
            best.account_id = account_quarters.account_id
            and best.quarter = account_quarters.quarter
    left join texts
        on
            best.account_id = texts.account_id
            and best.post_id = texts.post_id
)

select * from final
