-- The followers of each gender and age, as owners' exports give them.
-- Grain: one row per (account_id, gender, age, observed_at, source, extracted_at)
with source as (
    select * from {{ source('lake', 'follower_segments') }}
),

final as (
    select
        account_id,
        platform,
        gender,
        age,
        followers as followers_count,
        share_basis_points,
        observed_date,
        observed_at,
        extracted_at,
        source,
        origin,
        load_id
    from source
)

select * from final
