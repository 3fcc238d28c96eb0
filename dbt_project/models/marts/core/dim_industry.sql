-- The industries that are compared.
-- Grain: one row per (industry_id)
with industries as (
    select * from {{ ref('stg_registry__industries') }}
),

final as (
    select
        industry_id,
        name,
        name_sv,
        description
    from industries
)

select * from final
