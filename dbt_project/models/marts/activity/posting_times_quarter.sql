-- When posts were published, and how posts of that hour did against the account's own median.
-- Grain: one row per (scope, industry_id, platform, account_id, quarter, weekday, hour)
-- What an account's shares are of is added up before anything is joined, while the key is short.
with times as (
    select
        *,
        sum(post_count) over (partition by account_id, quarter) as account_post_count
    from {{ ref('int_account_posting_times') }}
),

cells as (
    select
        times.*,
        spine.industry_id,
        spine.platform,
        spine.is_preliminary
    from times
    inner join {{ ref('int_account_post_quarters') }} as spine
        on
            times.account_id = spine.account_id
            and times.quarter = spine.quarter
),

scoped as (
    select
        'account' as scope,
        industry_id,
        platform,
        account_id,
        quarter,
        published_weekday,
        published_hour,
        post_count,
        measured_post_count,
        cast(1 as bigint) as account_count,
        cast(interactions_index_sum as double) / nullif(measured_post_count, 0)
            as interactions_index,
        account_post_count as scope_post_count,
        is_preliminary
    from cells
    union all
    select
        'industry' as scope,
        industry_id,
        platform,
        cast(null as string) as account_id,
        quarter,
        published_weekday,
        published_hour,
        cast(sum(post_count) as bigint) as post_count,
        cast(sum(measured_post_count) as bigint) as measured_post_count,
        count(*) as account_count,
        cast(sum(interactions_index_sum) as double) / nullif(sum(measured_post_count), 0)
            as interactions_index,
        sum(sum(post_count)) over (partition by industry_id, platform, quarter)
            as scope_post_count,
        max(is_preliminary) as is_preliminary
    from cells
    group by industry_id, platform, quarter, published_weekday, published_hour
),

judged as (
    select
        *,
        case
            when measured_post_count >= {{ min_cell_posts() }} then 'ok'
            when measured_post_count > 0 then 'few_posts'
            else 'hidden_counters'
        end as index_status
    from scoped
),

final as (
    select
        scope,
        industry_id,
        platform,
        account_id,
        quarter,
        cast(published_weekday as bigint) as published_weekday,
        cast(published_hour as bigint) as published_hour,
        post_count,
        100 * cast(post_count as double) / scope_post_count as post_share_pct,
        measured_post_count,
        account_count,
        case when index_status = 'ok' then interactions_index end as interactions_index,
        index_status,
        is_preliminary,
        '{{ var("method_version") }}' as method_version
    from judged
)

select * from final
