-- Every event after which an account's count does not continue what it was, with the evidence.
-- Grain: one row per (account_id, break_date, kind, is_declared)

-- `break_date` is the first day of the new series: a reading of that day lies after the break.
with accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

declared_breaks as (
    select * from {{ ref('stg_registry__declared_breaks') }}
),

months as (
    select * from {{ ref('int_account_reading_months') }}
),

absences as (
    select * from {{ ref('int_absences') }}
),

counter_falls as (
    select * from {{ ref('int_counter_falls') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

built as (
    select
        min(quarter) as first_quarter,
        max(quarter) as last_quarter
    from {{ ref('int_account_month_closes') }}
),

declared as (
    select
        account_id,
        break_date,
        kind,
        true as is_declared,
        true as breaks_growth,
        case
            when note is null then 'Declared in the registry.'
            else concat('Declared in the registry: ', note, '.')
        end as evidence
    from declared_breaks
),

-- An account that ran beside its successor for more than 35 days was merged into it; one whose
-- successor began when it ended was replaced. Both sides of the hand-over are marked.
handovers as (
    select
        ended.account_id,
        ended.successor_account_id,
        {{ shift_days('ended.valid_to_date', 1) }} as break_date,
        case
            when successors.valid_from_date >= {{ shift_days('ended.valid_to_date', -35) }}
                then 'account_replaced'
            else 'account_merged'
        end as kind
    from accounts as ended
    inner join accounts as successors
        on ended.successor_account_id = successors.account_id
    where ended.valid_to_date is not null
),

handed_over as (
    select
        account_id,
        break_date,
        kind,
        true as is_declared,
        true as breaks_growth,
        concat('The registry names ', successor_account_id, ' as successor.') as evidence
    from handovers
    union all
    select
        successor_account_id as account_id,
        break_date,
        kind,
        true as is_declared,
        true as breaks_growth,
        concat('The registry names it as successor of ', account_id, '.') as evidence
    from handovers
),

redefined_within as (
    select
        account_id,
        definition_seen_date as break_date,
        'definition_changed' as kind,
        false as is_declared,
        true as breaks_growth,
        concat(
            'Both ', definition_lowest, ' and ', definition_highest, ' were counted between ',
            cast(first_read_date as string), ' and ',
            cast(last_read_date as string), '.'
        ) as evidence
    from months
    where definition_lowest <> definition_highest
),

redefined_between as (
    select
        account_id,
        first_read_date as break_date,
        'definition_changed' as kind,
        false as is_declared,
        true as breaks_growth,
        concat(
            'Counted ', previous_definition, ' until ',
            cast(previous_read_date as string), ' and ',
            definition_lowest, ' from ',
            cast(first_read_date as string), '.'
        ) as evidence
    from months
    where definition_lowest = definition_highest and definition_lowest <> previous_definition
),

absent as (
    select
        account_id,
        returned_date as break_date,
        'absence' as kind,
        false as is_declared,
        true as breaks_growth,
        concat(
            'Not seen for ', cast(absent_day_count as string), ' days, from ',
            cast(last_seen_date as string), ' to ',
            cast(returned_date as string),
            ', while the collection missed ',
            cast(uncollected_day_count as string), ' of them.'
        ) as evidence
    from absences
),

-- A fall to 0 that is over by the month's close is logged and left out of the readings; one that
-- the month closes with ends the series.
falls as (
    select
        *,
        greatest(followers_highest_count, coalesce(previous_followers_count, 0))
            as followers_before_count,
        coalesce(followers_count = 0, false) as is_lasting
    from months
    where zero_reading_count > 0
),

fallen as (
    select
        account_id,
        first_zero_date as break_date,
        'counter_fell_to_zero' as kind,
        false as is_declared,
        is_lasting as breaks_growth,
        concat(
            'Showed 0 in ', cast(zero_reading_count as string), ' of ',
            cast(reading_count as string), ' readings of the month, from ',
            cast(first_zero_date as string), ' to ', cast(last_zero_date as string), ', beside ',
            cast(followers_before_count as string),
            case when is_lasting then ' before.' else '; the 0 is left out.' end
        ) as evidence
    from falls
    where followers_before_count >= 100
),

-- A total that falls belongs to another account, or to what is left of it. Deleted posts lower
-- theirs, so that one breaks growth only when it loses more than half.
counters_fallen as (
    select
        account_id,
        fell_date as break_date,
        'counter_fell' as kind,
        false as is_declared,
        recovered_date is null and (counter <> 'posts_total' or later_count * 2 < earlier_count)
            as breaks_growth,
        concat(
            counter, ' fell from ', cast(earlier_count as string), ' on ',
            cast(earlier_date as string), ' to ', cast(later_count as string), ' on ',
            cast(fell_date as string),
            case
                when recovered_date is not null
                    then concat(', and was back on ', cast(recovered_date as string), '.')
                when counter = 'posts_total' and later_count * 2 >= earlier_count
                    then '; posts may have been deleted.'
                else '.'
            end
        ) as evidence
    from counter_falls
),

events as (
    select * from declared
    union all
    select * from handed_over
    union all
    select * from redefined_within
    union all
    select * from redefined_between
    union all
    select * from absent
    union all
    select * from fallen
    union all
    select * from counters_fallen
),

merged as (
    select
        account_id,
        break_date,
        kind,
        is_declared,
        bool_or(breaks_growth) as breaks_growth,
        case
            when min(evidence) = max(evidence) then min(evidence)
            else concat(min(evidence), ' ', max(evidence))
        end as evidence
    from events
    group by account_id, break_date, kind, is_declared
),

final as (
    select
        merged.account_id,
        accounts.platform,
        accounts.organisation_id,
        quarters.quarter,
        merged.break_date,
        merged.kind,
        merged.is_declared,
        merged.breaks_growth,
        merged.evidence
    from merged
    inner join accounts
        on merged.account_id = accounts.account_id
    inner join quarters
        on merged.break_date between quarters.quarter_start_date and quarters.quarter_end_date
    inner join built
        on quarters.quarter between built.first_quarter and built.last_quarter
)

select * from final
