-- Which organisation belongs to which industry, and when.
-- Grain: one row per (industry_id, organisation_id, valid_from_date)
with source as (
    select * from {{ source('registry', 'memberships') }}
),

final as (
    select
        industry_id,
        organisation_id,
        valid_from as valid_from_date,
        valid_to as valid_to_date
    from source
)

select * from final
