-- Organisations that are measured.
-- Grain: one row per (organisation_id)
with source as (
    select * from {{ source('registry', 'organisations') }}
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
        population_source,
        rollup as rollup_rule
    from source
)

select * from final
