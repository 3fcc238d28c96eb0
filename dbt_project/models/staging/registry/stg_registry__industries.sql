-- Industries that are compared.
-- Grain: one row per (industry_id)
with source as (
    select * from {{ source('registry', 'industries') }}
),

final as (
    select
        industry_id,
        name,
        name_sv,
        description
    from source
)

select * from final
