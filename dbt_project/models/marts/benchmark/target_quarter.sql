-- How far an organisation's main account has come to what it means to reach.
-- Grain: one row per (organisation_id, platform, metric, by_date, quarter)
with targets as (
    select * from {{ ref('stg_registry__targets') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

main_accounts as (
    select * from {{ ref('benchmark_organisation_quarter') }}
    where main_account_id is not null
),

metric_values as (
    select * from {{ ref('int_metric_values') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

-- A target is followed from the quarter of the day it holds from. One set today leaves the quarters
-- that were published before as they are.
measured as (
    select
        main_accounts.industry_id,
        targets.organisation_id,
        targets.platform,
        targets.metric,
        targets.by_date,
        targets.target_value,
        metric_values.quarter,
        metric_values.quarter_number,
        metric_values.account_id,
        metric_values.value,
        metric_values.value_status,
        metric_values.is_preliminary,
        quarters.quarter_end_date >= targets.by_date as is_due,
        metrics.direction = 'lower_is_better' as is_lower_better
    from targets
    inner join main_accounts
        on
            targets.organisation_id = main_accounts.organisation_id
            and targets.platform = main_accounts.platform
    inner join metric_values
        on
            main_accounts.main_account_id = metric_values.account_id
            and main_accounts.quarter = metric_values.quarter
            and targets.metric = metric_values.metric
    inner join quarters
        on
            metric_values.quarter = quarters.quarter
            and quarters.quarter_end_date
            >= coalesce(targets.valid_from_date, quarters.quarter_end_date)
    inner join metrics
        on
            targets.metric = metrics.metric
            and quarters.quarter_end_date >= metrics.valid_from_date
            and (
                quarters.quarter_end_date <= metrics.valid_to_date
                or metrics.valid_to_date is null
            )
),

-- The start is the first value known while the target held and the account was the main one.
starts as (
    select
        organisation_id,
        platform,
        metric,
        by_date,
        account_id,
        min_by(value, quarter_number) as start_value,
        min(quarter) as start_quarter
    from measured
    where value is not null
    group by organisation_id, platform, metric, by_date, account_id
),

started as (
    select
        measured.*,
        starts.start_quarter,
        starts.start_value
    from measured
    left join starts
        on
            measured.organisation_id = starts.organisation_id
            and measured.platform = starts.platform
            and measured.metric = starts.metric
            and measured.by_date = starts.by_date
            and measured.account_id = starts.account_id
            and measured.quarter >= starts.start_quarter
),

judged as (
    select
        *,
        case
            when is_lower_better then value <= target_value
            else value >= target_value
        end as is_met,
        case
            when value is null then 'no_value'
            when is_lower_better and start_value <= target_value then 'met_at_start'
            when not is_lower_better and start_value >= target_value then 'met_at_start'
            else 'ok'
        end as progress_status
    from started
),

-- Down is progress where lower is better: both differences are then negative.
shown as (
    select
        *,
        case
            when progress_status = 'ok' and value = start_value then 0
            when progress_status = 'ok'
                then 100 * (value - start_value) / (target_value - start_value)
        end as progress_pct
    from judged
),

final as (
    select
        shown.industry_id,
        shown.organisation_id,
        shown.account_id,
        shown.platform,
        shown.quarter,
        shown.metric,
        shown.value,
        shown.value_status,
        shown.target_value,
        shown.by_date,
        shown.start_value,
        shown.start_quarter,
        shown.progress_pct,
        previous.progress_pct as progress_pct_previous,
        year_ago.progress_pct as progress_pct_year_ago,
        shown.progress_status,
        shown.is_met,
        shown.is_due,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    {% for earlier, quarters in {'previous': 1, 'year_ago': 4}.items() %}
        left join shown as {{ earlier }}
            on
                shown.organisation_id = {{ earlier }}.organisation_id
                and shown.platform = {{ earlier }}.platform
                and shown.metric = {{ earlier }}.metric
                and shown.by_date = {{ earlier }}.by_date
                and shown.quarter_number - {{ quarters }} = {{ earlier }}.quarter_number
    {% endfor %}
)

select * from final
