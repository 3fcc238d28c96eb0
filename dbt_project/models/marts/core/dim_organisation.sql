-- The organisations that are measured, with the population they serve where it is known.
-- Grain: one row per (organisation_id)
with organisations as (
    select * from {{ ref('stg_registry__organisations') }}
),

final as (
    select
        organisation_id,
        name,
        name_sv,
        country,
        county,
        website,
        population_count,
        population_year,
        population_source
    from organisations
)

select * from final
