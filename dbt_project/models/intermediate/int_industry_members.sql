-- The industry each organisation is compared in: where it belongs on the quarter's last day.
-- Grain: one row per (organisation_id, quarter)
with memberships as (
    select * from {{ ref('stg_registry__memberships') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

final as (
    select
        memberships.organisation_id,
        quarters.quarter,
        memberships.industry_id
    from memberships
    inner join quarters
        on
            coalesce(memberships.valid_from_date, quarters.quarter_end_date)
            <= quarters.quarter_end_date
            and coalesce(memberships.valid_to_date, quarters.quarter_end_date)
            >= quarters.quarter_end_date
)

select * from final
