-- The days on which a platform began to count views otherwise, as each account's posts met them.
-- Grain: one row per (account_id, quarter, break_date)

-- A post's views are those of its last reading: read before the day, they are of the old kind.
with changes as (
    select * from {{ ref('metric_definition_changes') }}
    where metric = 'views_count' and date_precision = 'day'
),

posts as (
    select
        account_id,
        platform,
        quarter,
        settled_date
    from {{ ref('int_posts') }}
    where
        views_count is not null
        and not is_repost
        and not is_deleted
        and kind <> 'story'
),

final as (
    select
        posts.account_id,
        posts.quarter,
        changes.effective_date as break_date,
        max(changes.note) as note,
        max(changes.source) as source,
        max(posts.settled_date) filter (where posts.settled_date < changes.effective_date)
            as last_before_date,
        min(posts.settled_date) filter (where posts.settled_date >= changes.effective_date)
            as first_since_date
    from posts
    inner join changes
        on posts.platform = changes.platform
    group by posts.account_id, posts.quarter, changes.effective_date
)

select * from final
