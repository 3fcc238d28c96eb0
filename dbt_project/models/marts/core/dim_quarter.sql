-- The quarters of the benchmark: their local days, their instants and whether they are final.
-- Grain: one row per (quarter)
with quarters as (
    select * from {{ ref('int_quarters') }}
),

built as (
    select distinct quarter
    from {{ ref('int_account_month_closes') }}
),

final as (
    select
        quarters.quarter,
        quarters.partition_key,
        quarters.quarter_start_date,
        quarters.quarter_end_date,
        quarters.starts_at,
        quarters.ends_at,
        quarters.final_on_date,
        quarters.is_preliminary
    from quarters
    inner join built
        on quarters.quarter = built.quarter
)

select * from final
