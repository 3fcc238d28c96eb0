-- Accounts of the organisations.
-- Grain: one row per (account_id)
with source as (
    select * from {{ source('registry', 'accounts') }}
),

final as (
    select
        account_id,
        organisation_id,
        platform,
        platform_account_id,
        definition,
        scope,
        is_main,
        valid_from as valid_from_date,
        valid_to as valid_to_date,
        successor_account_id
    from source
)

select * from final
