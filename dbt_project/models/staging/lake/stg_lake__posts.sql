-- The organisations' own posts and their lifetime counters, as landed.
-- Grain: one row per (account_id, post_id, observed_at, source, extracted_at)
with source as (
    select * from {{ source('lake', 'posts') }}
),

final as (
    select
        account_id,
        platform,
        post_id,
        published_at,
        observed_date,
        observed_at,
        extracted_at,
        kind,
        text,
        permalink,
        reactions as reactions_count,
        comments as comments_count,
        shares as shares_count,
        quotes as quotes_count,
        views as views_count,
        saves as saves_count,
        clicks as clicks_count,
        is_boosted,
        is_repost,
        is_deleted,
        source,
        origin,
        load_id
    from source
)

select * from final
