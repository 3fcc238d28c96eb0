-- Words of the posts' texts as lemmas, without stop words; hashtags as they were written.
-- Grain: one row per (account_id, post_id, lemma)
with source as (
    select * from {{ source('derived', 'post_words') }}
),

final as (
    select
        account_id,
        platform,
        quarter,
        post_id,
        published_at,
        language,
        lemma,
        word_count,
        model_version
    from source
)

select * from final
