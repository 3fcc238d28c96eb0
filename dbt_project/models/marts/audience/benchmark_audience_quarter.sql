-- How much of the population it serves each compared account reaches at the quarter's end.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('benchmark_account_quarter') }}
),

organisations as (
    select * from {{ ref('stg_registry__organisations') }}
),

judged as (
    select
        account_quarters.*,
        {{ quarter_number('account_quarters.quarter') }} as quarter_number,
        organisations.population_count,
        organisations.population_year,
        organisations.population_source,
        case
            when account_quarters.followers_end_count is null
                then account_quarters.followers_end_status
            when coalesce(organisations.population_count, 0) = 0 then 'no_population'
            else 'ok'
        end as penetration_status
    from account_quarters
    left join organisations
        on account_quarters.organisation_id = organisations.organisation_id
),

shown as (
    select
        *,
        case
            when penetration_status = 'ok'
                then 100 * cast(followers_end_count as double) / population_count
        end as penetration_pct
    from judged
),

final as (
    select
        shown.industry_id,
        shown.organisation_id,
        shown.account_id,
        shown.platform,
        shown.quarter,
        shown.followers_end_count,
        shown.population_count,
        shown.population_year,
        shown.population_source,
        shown.penetration_pct,
        previous.penetration_pct as penetration_pct_previous,
        year_ago.penetration_pct as penetration_pct_year_ago,
        shown.penetration_status,
        shown.origin,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    left join shown as previous
        on
            shown.account_id = previous.account_id
            and shown.quarter_number - 1 = previous.quarter_number
    left join shown as year_ago
        on
            shown.account_id = year_ago.account_id
            and shown.quarter_number - 4 = year_ago.quarter_number
)

select * from final
