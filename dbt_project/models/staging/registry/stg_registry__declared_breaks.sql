-- Breaks in a series that a person has declared.
-- Grain: one row per (account_id, break_date, kind)
with source as (
    select * from {{ source('registry', 'declared_breaks') }}
),

final as (
    select
        account_id,
        break_date,
        kind,
        note
    from source
)

select * from final
