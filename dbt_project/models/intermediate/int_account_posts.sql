-- What each account published in a quarter, in numbers.
-- Grain: one row per (account_id, quarter)
{{ incremental_by_quarter() }}

-- Own posts are what an organisation wrote itself and left standing; stories vanish and are counted
-- apart. A quarter of which only deleted posts were read was read all the same.
with posts as (
    select
        *,
        not is_deleted and not is_repost and kind <> 'story' as is_own
    from {{ ref('int_posts') }}
    where quarter between {{ window_quarter_labels() }}
),

final as (
    select
        account_id,
        quarter,
        min(origin) as origin,
        count(*) filter (where is_own) as post_count,
        count(*) filter (where is_repost and not is_deleted) as repost_count,
        count(*) filter (where kind = 'story' and not is_deleted) as story_count,
        count(is_boosted) filter (where is_own) as boosted_known_post_count,
        count(*) filter (where is_own and is_boosted) as boosted_post_count,
        count(distinct published_date) filter (where is_own) as active_day_count
    from posts
    group by account_id, quarter
)

select * from final
