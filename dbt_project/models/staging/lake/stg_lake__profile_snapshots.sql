-- Follower counts and other public counters, as landed.
-- Grain: one row per (account_id, observed_at, source, extracted_at)
with source as (
    select * from {{ source('lake', 'profile_snapshots') }}
),

final as (
    select
        account_id,
        platform,
        observed_date,
        observed_at,
        extracted_at,
        handle,
        definition,
        visibility,
        followers as followers_count,
        followers_resolution as followers_resolution_count,
        following as following_count,
        posts_total as posts_total_count,
        likes_total as likes_total_count,
        views_total as views_total_count,
        source,
        origin,
        load_id
    from source
)

select * from final
