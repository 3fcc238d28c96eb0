-- Who belongs to which peer group of an industry.
-- Grain: one row per (peer_group_id, organisation_id)
with source as (
    select * from {{ source('registry', 'peer_groups') }}
),

final as (
    select
        peer_group_id,
        industry_id,
        name as peer_group_name,
        name_sv as peer_group_name_sv,
        organisation_id,
        valid_from as valid_from_date,
        valid_to as valid_to_date
    from source
)

select * from final
