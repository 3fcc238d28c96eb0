-- Public questions to the accounts and when they were first answered, as landed.
-- Grain: one row per (account_id, inquiry_id, observed_at, source, extracted_at)
with source as (
    select * from {{ source('lake', 'inquiries') }}
),

final as (
    select
        account_id,
        platform,
        inquiry_id,
        channel,
        asked_at,
        first_reply_at,
        observed_date,
        observed_at,
        extracted_at,
        source,
        origin,
        load_id
    from source
)

select * from final
