-- Every event after which an account's count does not continue what it was before, with the proof.
-- Grain: one row per (account_id, break_date, kind, is_declared)
with breaks as (
    select * from {{ ref('int_breaks') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

view_breaks as (
    select * from {{ ref('int_view_breaks') }}
),

-- Followers are counted on as before, so growth knows nothing of these.
views_redefined as (
    select
        account_id,
        break_date,
        concat(
            max(note), ' (', max(source), '.) Posts were last read before on ',
            cast(max(last_before_date) as string), ' and first since on ',
            cast(min(first_since_date) as string), '.'
        ) as evidence
    from view_breaks
    group by account_id, break_date
    having max(last_before_date) is not null and min(first_since_date) is not null
),

logged as (
    select
        account_id,
        organisation_id,
        platform,
        quarter,
        break_date,
        kind,
        is_declared,
        breaks_growth,
        evidence
    from breaks
    union all
    select
        views_redefined.account_id,
        accounts.organisation_id,
        accounts.platform,
        quarters.quarter,
        views_redefined.break_date,
        'views_redefined' as kind,
        true as is_declared,
        false as breaks_growth,
        views_redefined.evidence
    from views_redefined
    inner join accounts
        on views_redefined.account_id = accounts.account_id
    inner join quarters
        on
            views_redefined.break_date
            between quarters.quarter_start_date and quarters.quarter_end_date
),

members as (
    select * from {{ ref('int_industry_members') }}
),

-- A break outlives the membership: without an industry it is still logged.
final as (
    select
        logged.account_id,
        logged.organisation_id,
        members.industry_id,
        logged.platform,
        logged.quarter,
        logged.break_date,
        logged.kind,
        logged.is_declared,
        logged.breaks_growth as is_growth_break,
        logged.evidence,
        '{{ var("method_version") }}' as method_version
    from logged
    left join members
        on
            logged.organisation_id = members.organisation_id
            and logged.quarter = members.quarter
)

select * from final
