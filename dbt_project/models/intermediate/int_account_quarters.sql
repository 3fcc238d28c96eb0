-- Who is compared in a quarter, with its opening and closing reading and how well it was covered.
-- Grain: one row per (account_id, quarter)
with closes as (
    select * from {{ ref('int_account_month_closes') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

members as (
    select * from {{ ref('int_industry_members') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

-- Every day of the quarter as a 0 or a 1, in order: the months' day bits, each cut to its length.
quarter_days as (
    select
        account_id,
        quarter,
        sum(snapshot_count) as snapshot_count,
        sum(reading_count) as reading_count,
        sum(bit_count(read_day_bits)) as observed_day_count,
        min(first_read_date) filter (where not is_opening) as first_observed_date,
        max(last_read_date) filter (where not is_opening) as last_observed_date,
        max(case when month_number = 1 then day_text end) as first_month_days,
        max(case when month_number = 2 then day_text end) as second_month_days,
        max(case when month_number = 3 then day_text end) as third_month_days
    from (
        select
            *,
            case when not is_opening then mod(month(month_start_date) - 1, 3) + 1 end
                as month_number,
            substr(lpad(bin(read_day_bits), 31, '0'), 1, day(month_end_date)) as day_text
        from closes
    ) as months
    group by account_id, quarter
),

compared as (
    select
        accounts.account_id,
        accounts.organisation_id,
        accounts.platform,
        members.industry_id,
        quarters.quarter,
        quarters.quarter_start_date,
        quarters.quarter_end_date,
        quarters.is_preliminary,
        quarter_days.snapshot_count,
        quarter_days.reading_count,
        quarter_days.observed_day_count,
        quarter_days.first_observed_date,
        quarter_days.last_observed_date,
        concat(
            quarter_days.first_month_days,
            quarter_days.second_month_days,
            quarter_days.third_month_days
        ) as day_text,
        greatest(
            quarters.quarter_start_date,
            coalesce(accounts.valid_from_date, quarters.quarter_start_date)
        ) as expected_from_date,
        least(quarters.quarter_end_date, {{ as_of_date() }}) as expected_to_date
    from quarter_days
    inner join accounts
        on quarter_days.account_id = accounts.account_id
    inner join quarters
        on quarter_days.quarter = quarters.quarter
    inner join members
        on
            accounts.organisation_id = members.organisation_id
            and quarters.quarter = members.quarter
    where
        coalesce(accounts.valid_from_date, quarters.quarter_end_date) <= quarters.quarter_end_date
        and coalesce(accounts.valid_to_date, quarters.quarter_end_date) >= quarters.quarter_end_date
),

expected as (
    select
        *,
        greatest({{ days_between('expected_from_date', 'expected_to_date') }} + 1, 0)
            as expected_day_count,
        {{ days_between('quarter_start_date', 'expected_from_date') }} + 1 as expected_position
    from compared
),

final as (
    select
        expected.account_id,
        expected.organisation_id,
        expected.industry_id,
        expected.platform,
        expected.quarter,
        expected.quarter_start_date,
        expected.quarter_end_date,
        openings.followers_count as followers_start_count,
        closings.followers_count as followers_end_count,
        case when closings.followers_count is null then 'stale_end' else 'ok' end
            as followers_end_status,
        closings.definition,
        closings.closed_at,
        closings.closed_date,
        closings.followers_resolution_count,
        closings.source,
        closings.origin,
        cast(expected.snapshot_count as bigint) as snapshot_count,
        cast(expected.reading_count as bigint) as reading_count,
        cast(expected.expected_day_count as bigint) as expected_day_count,
        cast(expected.observed_day_count as bigint) as observed_day_count,
        expected.first_observed_date,
        expected.last_observed_date,
        cast(
            {{ longest_zero_run(
                'substr(expected.day_text, cast(expected.expected_position as integer), '
                ~ 'cast(expected.expected_day_count as integer))'
            ) }} as bigint
        ) as longest_gap_days,
        expected.is_preliminary
    from expected
    left join closes as openings
        on
            expected.account_id = openings.account_id
            and expected.quarter = openings.quarter
            and openings.is_opening
    left join closes as closings
        on
            expected.account_id = closings.account_id
            and expected.quarter = closings.quarter
            and expected.quarter_end_date = closings.month_end_date
)

select * from final
