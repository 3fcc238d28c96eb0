-- What else the registry says of the organisations, by the day it holds.
-- Grain: one row per (organisation_id, attribute, value, valid_from_date)
with source as (
    select * from {{ source('registry', 'organisation_attributes') }}
),

final as (
    select
        organisation_id,
        attribute,
        value,
        valid_from as valid_from_date,
        valid_to as valid_to_date
    from source
)

select * from final
