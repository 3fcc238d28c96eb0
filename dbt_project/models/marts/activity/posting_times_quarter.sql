-- When posts were published, and how posts of that hour did against the account's own median.
-- Grain: one row per (scope, industry_id, platform, account_id, quarter, weekday, hour)
with spine as (
    select * from {{ ref('int_account_post_quarters') }}
),

posts as (
    select
        posts.*,
        spine.industry_id,
        spine.organisation_id,
        spine.is_preliminary
    from {{ ref('int_posts') }} as posts
    inner join spine
        on
            posts.account_id = spine.account_id
            and posts.quarter = spine.quarter
    where not posts.is_repost and not posts.is_deleted and posts.kind <> 'story'
),

medians as (
    select
        account_id,
        quarter,
        {{ percentile_of(0.5, 'interactions_count') }} as interactions_median_count
    from posts
    group by account_id, quarter
),

-- An account with a median of 0 has nothing to measure an hour against; its posts still count.
related as (
    select
        posts.industry_id,
        posts.organisation_id,
        posts.account_id,
        posts.platform,
        posts.quarter,
        posts.published_weekday,
        posts.published_hour,
        posts.is_preliminary,
        case
            when medians.interactions_median_count > 0
                then
                    cast(
                        posts.interactions_count / medians.interactions_median_count
                        as decimal(28, 12)
                    )
        end as interactions_index
    from posts
    inner join medians
        on
            posts.account_id = medians.account_id
            and posts.quarter = medians.quarter
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
        count(*) as post_count,
        count(interactions_index) as measured_post_count,
        cast(1 as bigint) as account_count,
        cast(sum(interactions_index) as double) / nullif(count(interactions_index), 0)
            as interactions_index,
        max(is_preliminary) as is_preliminary
    from related
    group by industry_id, platform, account_id, quarter, published_weekday, published_hour
    union all
    select
        'industry' as scope,
        industry_id,
        platform,
        cast(null as string) as account_id,
        quarter,
        published_weekday,
        published_hour,
        count(*) as post_count,
        count(interactions_index) as measured_post_count,
        count(distinct account_id) as account_count,
        cast(sum(interactions_index) as double) / nullif(count(interactions_index), 0)
            as interactions_index,
        max(is_preliminary) as is_preliminary
    from related
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
        100 * cast(post_count as double) / sum(post_count) over (
            partition by scope, industry_id, platform, account_id, quarter
        ) as post_share_pct,
        measured_post_count,
        account_count,
        case when index_status = 'ok' then interactions_index end as interactions_index,
        index_status,
        is_preliminary,
        '{{ var("method_version") }}' as method_version
    from judged
)

select * from final
