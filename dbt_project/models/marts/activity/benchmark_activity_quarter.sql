-- How much each compared account published in a quarter, with the quarter and the year before.
-- Grain: one row per (account_id, quarter)
with spine as (
    select * from {{ ref('int_account_post_quarters') }}
),

counted as (
    select * from {{ ref('int_account_posts') }}
),

-- Where the posts were read and there are none, the count is 0; where they were not, it is unknown.
measured as (
    select
        spine.*,
        {{ quarter_number('spine.quarter') }} as quarter_number,
        case when spine.posts_status = 'ok' then coalesce(counted.post_count, 0) end as post_count,
        case when spine.posts_status = 'ok' then coalesce(counted.repost_count, 0) end
            as repost_count,
        case when spine.posts_status = 'ok' then coalesce(counted.story_count, 0) end
            as story_count,
        case when spine.posts_status = 'ok' then coalesce(counted.active_day_count, 0) end
            as active_day_count,
        coalesce(counted.boosted_known_post_count, 0) as boosted_known_post_count,
        counted.boosted_post_count
    from spine
    left join counted
        on
            spine.account_id = counted.account_id
            and spine.quarter = counted.quarter
),

final as (
    select
        measured.industry_id,
        measured.organisation_id,
        measured.account_id,
        measured.platform,
        measured.quarter,
        cast(measured.post_count as bigint) as post_count,
        cast(previous.post_count as bigint) as post_count_previous,
        cast(year_ago.post_count as bigint) as post_count_year_ago,
        cast(measured.post_count as double) / 3 as posts_per_month,
        -- Half up, as the reports printed it: 2.5 is 3.
        cast(floor(cast(measured.post_count as double) / 3 + 0.5) as bigint)
            as posts_per_month_rounded_count,
        cast(measured.post_count as double) / measured.day_count as posts_per_day,
        cast(measured.active_day_count as bigint) as active_day_count,
        measured.post_count > 0 as is_active,
        measured.post_count >= measured.day_count as meets_recommendation,
        cast(measured.repost_count as bigint) as repost_count,
        cast(measured.story_count as bigint) as story_count,
        measured.posts_status as activity_status,
        cast(measured.boosted_known_post_count as bigint) as boosted_known_post_count,
        case
            when measured.boosted_known_post_count > 0
                then
                    100 * cast(measured.boosted_post_count as double)
                    / measured.boosted_known_post_count
        end as boosted_share_pct,
        case
            when measured.boosted_known_post_count > 0 then 'ok'
            when measured.posts_status <> 'ok' then measured.posts_status
            when measured.post_count = 0 then 'no_posts'
            else 'not_shown'
        end as boosted_status,
        measured.origin,
        measured.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from measured
    left join measured as previous
        on
            measured.account_id = previous.account_id
            and measured.quarter_number - 1 = previous.quarter_number
    left join measured as year_ago
        on
            measured.account_id = year_ago.account_id
            and measured.quarter_number - 4 = year_ago.quarter_number
)

select * from final
