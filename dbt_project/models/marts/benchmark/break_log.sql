-- Every event after which an account's count does not continue what it was before, with the proof.
-- Grain: one row per (account_id, break_date, kind, is_declared)
with breaks as (
    select * from {{ ref('int_breaks') }}
),

members as (
    select * from {{ ref('int_industry_members') }}
),

-- A break outlives the membership: without an industry it is still logged.
final as (
    select
        breaks.account_id,
        breaks.organisation_id,
        members.industry_id,
        breaks.platform,
        breaks.quarter,
        breaks.break_date,
        breaks.kind,
        breaks.is_declared,
        breaks.breaks_growth as is_growth_break,
        breaks.evidence,
        '{{ var("method_version") }}' as method_version
    from breaks
    left join members
        on
            breaks.organisation_id = members.organisation_id
            and breaks.quarter = members.quarter
)

select * from final
