-- Where an account's own total of posts, likes or views fell by more than a tenth between readings.
-- Grain: one row per (account_id, counter, fell_date)
{{ incremental_by_quarter() }}
{%- set counters = ['posts_total', 'likes_total', 'views_total'] %}

-- Such totals only grow, but for deletions. A fall is measured from the reading before it, up to 35
-- days older: a longer hole is an absence, which is a break of its own. Totals below 100 fall by a
-- tenth with a few deletions. Both limits are those of the gate's counters_do_not_fall.
with accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

-- Only a total whose lowest reading of a month lies a tenth below the highest of it and the months
-- before can have fallen so far: most accounts are left out before anything is put in order, and
-- that costs most. By months, because a total that grows for years ends far above where it began.
-- Five months reach further back than any fall of a quarter is measured from.
month_totals as (
    select
        account_id,
        year(observed_date) * 12 + month(observed_date) as month_number,
        {% for counter in counters -%}
            min({{ counter }}_count) as {{ counter }}_lowest_count,
            max({{ counter }}_count) as {{ counter }}_highest_count
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('stg_lake__profile_snapshots') }}
    where
        observed_date
        between {{ shift_days(window_start_date(), -35) }} and {{ window_end_date() }}
        and visibility = 'visible'
    group by account_id, year(observed_date) * 12 + month(observed_date)
),

totals as (
    select
        account_id,
        {% for counter in counters -%}
            {{ counter }}_lowest_count,
            max({{ counter }}_highest_count) over (
                partition by account_id
                order by month_number
                rows between 5 preceding and current row
            ) as {{ counter }}_before_count
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from month_totals
),

suspects as (
    select distinct account_id
    from totals
    where
        {% for counter in counters -%}
            {% if not loop.first %}or {% endif -%}
            {{ counter }}_lowest_count * 10 < {{ counter }}_before_count * 9
        {% endfor %}
),

-- Read once for the three totals: each look into the lake opens every file of the window.
suspected as (
    select
        snapshots.account_id,
        snapshots.observed_date,
        snapshots.posts_total_count,
        snapshots.likes_total_count,
        snapshots.views_total_count,
        {{ epoch_seconds('snapshots.observed_at') }} * 1000000000
        + ({{ epoch_seconds('snapshots.extracted_at') }} - 1577836800) as reading_key
    from {{ ref('stg_lake__profile_snapshots') }} as snapshots
    inner join suspects
        on snapshots.account_id = suspects.account_id
    where
        snapshots.observed_date
        between {{ shift_days(window_start_date(), -35) }} and {{ window_end_date() }}
        and snapshots.visibility = 'visible'
),

readings as (
    {% for counter in counters %}
        {% if not loop.first %}union all {% endif -%}
        select
            account_id,
            '{{ counter }}' as counter,
            observed_date,
            {{ counter }}_count as total_count,
            reading_key
        from suspected
        where {{ counter }}_count is not null
    {% endfor %}
),

-- Of two readings of one moment the lower one comes first, so that they are no fall.
steps as (
    select
        readings.*,
        lag(readings.total_count) over (
            partition by readings.account_id, readings.counter
            order by readings.reading_key asc, readings.total_count asc
        ) as earlier_count,
        lag(readings.observed_date) over (
            partition by readings.account_id, readings.counter
            order by readings.reading_key asc, readings.total_count asc
        ) as earlier_date
    from readings
    inner join accounts
        on
            readings.account_id = accounts.account_id
            and readings.observed_date
            between coalesce(accounts.valid_from_date, date '1900-01-01')
            and coalesce(accounts.valid_to_date, date '2999-12-31')
),

falls as (
    select
        steps.*,
        quarters.quarter,
        quarters.quarter_end_date
    from steps
    inner join quarters
        on steps.observed_date between quarters.quarter_start_date and quarters.quarter_end_date
    where
        steps.earlier_count >= 100
        and steps.total_count * 10 < steps.earlier_count * 9
        and steps.earlier_date >= {{ shift_days('quarters.quarter_start_date', -35) }}
    -- a total may fall twice a day; the day counts once, by its first fall
    qualify
        row_number() over (
            partition by steps.account_id, steps.counter, steps.observed_date
            order by steps.reading_key asc, steps.total_count asc
        ) = 1
),

-- A total that is back within the quarter was read wrong for a while, and nothing broke.
recovered as (
    select
        falls.account_id,
        falls.counter,
        falls.observed_date,
        min(readings.observed_date) as recovered_date
    from falls
    inner join readings
        on
            falls.account_id = readings.account_id
            and falls.counter = readings.counter
            and falls.reading_key < readings.reading_key
            and falls.quarter_end_date >= readings.observed_date
            and readings.total_count * 10 >= falls.earlier_count * 9
    group by falls.account_id, falls.counter, falls.observed_date
),

final as (
    select
        falls.account_id,
        falls.quarter,
        falls.counter,
        falls.observed_date as fell_date,
        falls.earlier_date,
        falls.earlier_count,
        falls.total_count as later_count,
        recovered.recovered_date
    from falls
    left join recovered
        on
            falls.account_id = recovered.account_id
            and falls.counter = recovered.counter
            and falls.observed_date = recovered.observed_date
)

select * from final
