-- Handles an account has gone by.
-- Grain: one row per (account_id, handle, valid_from_date)
with source as (
    select * from {{ source('registry', 'account_handles') }}
),

final as (
    select
        account_id,
        handle,
        valid_from as valid_from_date,
        valid_to as valid_to_date
    from source
)

select * from final
