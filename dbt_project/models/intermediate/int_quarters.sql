-- The calendar of quarters in the reporting zone, and which of them can still change.
-- Grain: one row per (quarter)
with calendar as (
    {{ calendar_rows() }}
),

final as (
    select
        quarter,
        substr(cast(quarter_start_date as string), 1, 7) as partition_key,
        quarter_start_date,
        quarter_end_date,
        {{ local_midnight('quarter_start_date') }} as starts_at,
        {{ local_midnight(shift_days('quarter_end_date', 1)) }} as ends_at,
        -- Posts settle for seven days: the run of the 9th is the first that sees them all.
        {{ shift_days('quarter_end_date', 9) }} as final_on_date,
        {{ as_of_date() }} < {{ shift_days('quarter_end_date', 9) }} as is_preliminary
    from calendar
)

select * from final
