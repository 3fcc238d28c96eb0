-- What organisations mean to reach, and by when.
-- Grain: one row per (organisation_id, platform, metric, by_date)
with source as (
    select * from {{ source('registry', 'targets') }}
),

final as (
    select
        organisation_id,
        platform,
        metric,
        target_value,
        by_date,
        valid_from as valid_from_date
    from source
)

select * from final
