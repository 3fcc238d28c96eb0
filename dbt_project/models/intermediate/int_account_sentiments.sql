-- How many texts of an account's own posts had which tone.
-- Grain: one row per (account_id, quarter)
{{ incremental_by_quarter() }}

-- Kept by quarter: a new version of the model judges the quarters that are built, and no other.
with sentiments as (
    select * from {{ ref('stg_derived__post_sentiments') }}
    where quarter between {{ window_quarter_labels() }}
),

posts as (
    select * from {{ ref('int_posts') }}
    where not is_repost and not is_deleted and kind <> 'story'
),

final as (
    select
        sentiments.account_id,
        sentiments.quarter,
        count(*) filter (where sentiments.label = 'positive') as positive_text_count,
        count(*) filter (where sentiments.label = 'neutral') as neutral_text_count,
        count(*) filter (where sentiments.label = 'negative') as negative_text_count,
        count(*) filter (where sentiments.label = 'unknown') as unread_text_count,
        max(sentiments.model_id) as model_id,
        max(sentiments.model_version) as model_version
    from sentiments
    inner join posts
        on
            sentiments.account_id = posts.account_id
            and sentiments.post_id = posts.post_id
            and sentiments.quarter = posts.quarter
    group by sentiments.account_id, sentiments.quarter
)

select * from final
