-- The groups within its industry that each compared account belongs to in a quarter.
-- Grain: one row per (account_id, quarter, segment, segment_value)
with account_quarters as (
    select * from {{ ref('benchmark_account_quarter') }}
),

organisations as (
    select * from {{ ref('stg_registry__organisations') }}
),

attributes as (
    select * from {{ ref('stg_registry__organisation_attributes') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

-- An attribute counts as it stood on the quarter's last day, like a membership.
segments as (
    select
        account_id,
        quarter,
        'all' as segment,
        'all' as segment_value
    from account_quarters
    union all
    select
        account_id,
        quarter,
        'size_class' as segment,
        size_class as segment_value
    from account_quarters
    union all
    select
        account_quarters.account_id,
        account_quarters.quarter,
        'county' as segment,
        organisations.county as segment_value
    from account_quarters
    inner join organisations
        on account_quarters.organisation_id = organisations.organisation_id
    union all
    select
        account_quarters.account_id,
        account_quarters.quarter,
        'country' as segment,
        organisations.country as segment_value
    from account_quarters
    inner join organisations
        on account_quarters.organisation_id = organisations.organisation_id
    union all
    select
        account_quarters.account_id,
        account_quarters.quarter,
        attributes.attribute as segment,
        attributes.value as segment_value
    from account_quarters
    inner join quarters
        on account_quarters.quarter = quarters.quarter
    inner join attributes
        on
            account_quarters.organisation_id = attributes.organisation_id
            and coalesce(attributes.valid_from_date, quarters.quarter_end_date)
            <= quarters.quarter_end_date
            and coalesce(attributes.valid_to_date, quarters.quarter_end_date)
            >= quarters.quarter_end_date
),

-- The same value may be given twice, by a field and by an attribute of its name.
final as (
    select
        account_id,
        quarter,
        segment,
        segment_value
    from segments
    where segment_value is not null
    group by account_id, quarter, segment, segment_value
)

select * from final
