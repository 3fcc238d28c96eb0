-- The accounts of the organisations, each with its latest handle and its validity.
-- Grain: one row per (account_id)
with accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

handles as (
    select * from {{ ref('stg_registry__account_handles') }}
),

latest_handles as (
    select
        account_id,
        handle
    from handles
    qualify
        row_number() over (
            partition by account_id
            order by
                coalesce(valid_to_date, date '2999-12-31') desc,
                coalesce(valid_from_date, date '1900-01-01') desc,
                handle asc
        ) = 1
),

final as (
    select
        accounts.account_id,
        accounts.organisation_id,
        accounts.platform,
        accounts.platform_account_id,
        latest_handles.handle,
        accounts.definition,
        accounts.scope,
        accounts.is_main,
        accounts.valid_from_date,
        accounts.valid_to_date,
        accounts.successor_account_id
    from accounts
    left join latest_handles
        on accounts.account_id = latest_handles.account_id
)

select * from final
