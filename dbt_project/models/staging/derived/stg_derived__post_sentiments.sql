-- Language and tone of the posts' texts, with the model that judged them.
-- Grain: one row per (account_id, post_id)
with source as (
    select * from {{ source('derived', 'post_sentiments') }}
),

final as (
    select
        account_id,
        platform,
        quarter,
        post_id,
        published_at,
        language,
        label,
        score,
        model_id,
        model_version,
        text_digest
    from source
)

select * from final
