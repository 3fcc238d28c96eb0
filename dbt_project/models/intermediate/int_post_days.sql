-- What an account published on a day, and how many followed it then.
-- Grain: one row per (account_id, published_date)
{{ incremental_by_quarter() }}

with posts as (
    select * from {{ ref('int_posts') }}
    where
        quarter between {{ window_quarter_labels() }}
        and not is_repost
        and not is_deleted
        and kind <> 'story'
),

days as (
    select * from {{ ref('int_account_days') }}
    where quarter between {{ window_quarter_labels() }}
),

published as (
    select
        account_id,
        quarter,
        published_date,
        count(*) as post_count,
        count(interactions_count) as measured_post_count,
        cast(sum(interactions_count) as bigint) as interactions_count
    from posts
    group by account_id, quarter, published_date
),

-- Followers of a day are those of the last reading before its end. Readings and days with posts are
-- laid in one order, so that each day finds its reading without a join by ranges.
ordered as (
    select
        account_id,
        quarter,
        observed_date as day_date,
        observed_date as seen_date
    from days
    union all
    select
        account_id,
        quarter,
        published_date as day_date,
        cast(null as date) as seen_date
    from published
),

carried as (
    select
        account_id,
        quarter,
        day_date,
        max(seen_date) over (
            partition by account_id, quarter order by day_date asc
        ) as reading_date
    from ordered
    qualify
        row_number() over (
            partition by account_id, quarter, day_date order by seen_date asc nulls last
        ) = 1
),

final as (
    select
        published.account_id,
        published.quarter,
        published.published_date,
        published.post_count,
        published.measured_post_count,
        published.interactions_count,
        days.followers_count,
        carried.reading_date as followers_date
    from published
    inner join carried
        on
            published.account_id = carried.account_id
            and published.quarter = carried.quarter
            and published.published_date = carried.day_date
    left join days
        on
            carried.account_id = days.account_id
            and carried.quarter = days.quarter
            and carried.reading_date = days.observed_date
            and {{ days_between('carried.reading_date', 'published.published_date') }}
            <= {{ max_follower_age_days() }}
)

select * from final
