-- How well each compared account answered its public questions in a quarter.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('int_account_quarters') }}
),

inquiries as (
    select * from {{ ref('int_inquiries') }}
),

-- The fastest nine in ten, as the platform's own badge counts them.
ordered as (
    select
        *,
        row_number() over (
            partition by account_id, quarter order by response_minutes asc, inquiry_id asc
        ) as position,
        count(*) over (partition by account_id, quarter) as answered_count
    from inquiries
    where is_settled and is_answered
),

fastest as (
    select
        account_id,
        quarter,
        cast(sum(cast(response_minutes as decimal(28, 6))) as double) / count(*)
            as response_fastest_90_mean_minutes
    from ordered
    where position <= ceil(0.9 * answered_count)
    group by account_id, quarter
),

counted as (
    select
        account_id,
        quarter,
        count(*) filter (where is_settled) as inquiry_count,
        count(*) filter (where not is_settled) as open_inquiry_count,
        count(*) filter (where is_settled and is_answered) as answered_count,
        count(*) filter (where is_settled and response_minutes <= 1440) as answered_24h_count,
        {{ percentile_of(0.5, 'case when is_settled then response_minutes end') }}
            as response_median_minutes,
        {{ percentile_of(0.9, 'case when is_settled then response_minutes end') }}
            as response_p90_minutes,
        {{ percentile_of(0.5, 'case when is_settled then response_business_minutes end') }}
            as response_business_median_minutes,
        cast(
            sum(cast(response_minutes as decimal(28, 6))) filter (where is_settled) as double
        ) as response_sum_minutes,
        min(response_minutes) filter (where is_settled) as response_fastest_minutes
    from inquiries
    group by account_id, quarter
),

read_industries as (
    select
        account_quarters.industry_id,
        account_quarters.platform,
        account_quarters.quarter
    from account_quarters
    inner join counted
        on
            account_quarters.account_id = counted.account_id
            and account_quarters.quarter = counted.quarter
    group by account_quarters.industry_id, account_quarters.platform, account_quarters.quarter
),

-- As with posts: where questions to the industry were read at all, an account that was seen
-- otherwise and has none was asked nothing.
measured as (
    select
        account_quarters.*,
        {{ quarter_number('account_quarters.quarter') }} as quarter_number,
        counted.account_id is not null
        or (read_industries.industry_id is not null and account_quarters.snapshot_count > 0)
            as is_measured,
        coalesce(counted.inquiry_count, 0) as inquiry_count,
        coalesce(counted.open_inquiry_count, 0) as open_inquiry_count,
        coalesce(counted.answered_count, 0) as answered_count,
        coalesce(counted.answered_24h_count, 0) as answered_24h_count,
        counted.response_median_minutes,
        counted.response_p90_minutes,
        counted.response_business_median_minutes,
        counted.response_sum_minutes,
        counted.response_fastest_minutes,
        fastest.response_fastest_90_mean_minutes
    from account_quarters
    left join counted
        on
            account_quarters.account_id = counted.account_id
            and account_quarters.quarter = counted.quarter
    left join fastest
        on
            account_quarters.account_id = fastest.account_id
            and account_quarters.quarter = fastest.quarter
    left join read_industries
        on
            account_quarters.industry_id = read_industries.industry_id
            and account_quarters.platform = read_industries.platform
            and account_quarters.quarter = read_industries.quarter
),

judged as (
    select
        *,
        case
            when not is_measured then 'not_measured'
            when inquiry_count = 0 then 'no_inquiries'
            when inquiry_count < {{ min_inquiries() }} then 'few_inquiries'
            else 'ok'
        end as response_rate_status
    from measured
),

shown as (
    select
        *,
        case
            when response_rate_status <> 'ok' then response_rate_status
            when answered_count = 0 then 'no_replies'
            else 'ok'
        end as response_time_status,
        case
            when response_rate_status = 'ok'
                then 100 * cast(answered_count as double) / inquiry_count
        end as response_rate_pct
    from judged
),

final as (
    select
        shown.industry_id,
        shown.organisation_id,
        shown.account_id,
        shown.platform,
        shown.quarter,
        case when shown.is_measured then shown.inquiry_count end as inquiry_count,
        case when previous.is_measured then previous.inquiry_count end as inquiry_count_previous,
        case when shown.is_measured then shown.open_inquiry_count end as open_inquiry_count,
        case when shown.is_measured then shown.answered_count end as answered_inquiry_count,
        case when shown.is_measured then 'ok' else 'not_measured' end as service_status,
        case when shown.inquiry_count > 0 then shown.answered_count > 0 end as has_dialogue,
        case when shown.is_measured then shown.inquiry_count >= {{ min_award_inquiries() }} end
            as has_award_sample,
        shown.response_rate_pct,
        previous.response_rate_pct as response_rate_pct_previous,
        year_ago.response_rate_pct as response_rate_pct_year_ago,
        case
            when shown.response_rate_status = 'ok'
                then 100 * cast(shown.answered_24h_count as double) / shown.inquiry_count
        end as answered_24h_pct,
        shown.response_rate_status,
        case when shown.response_time_status = 'ok' then shown.response_median_minutes end
            as response_median_minutes,
        case when previous.response_time_status = 'ok' then previous.response_median_minutes end
            as response_median_minutes_previous,
        case when year_ago.response_time_status = 'ok' then year_ago.response_median_minutes end
            as response_median_minutes_year_ago,
        case
            when shown.response_time_status = 'ok'
                then shown.response_sum_minutes / shown.answered_count
        end as response_mean_minutes,
        case when shown.response_time_status = 'ok' then shown.response_p90_minutes end
            as response_p90_minutes,
        case when shown.response_time_status = 'ok' then shown.response_fastest_90_mean_minutes end
            as response_fastest_90_mean_minutes,
        case when shown.response_time_status = 'ok' then shown.response_business_median_minutes end
            as response_business_median_minutes,
        case when shown.response_time_status = 'ok' then shown.response_fastest_minutes end
            as response_fastest_minutes,
        shown.response_time_status,
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
