-- Each account's own posts, with their interactions as shares of its followers that day and of the
-- account's own median.
-- Grain: one row per (account_id, post_id)
{{ incremental_by_quarter() }}

-- Whom an account is compared with is asked where industries are made: memberships change, and a
-- quarter that is closed is not built again for it.
with posts as (
    select * from {{ ref('int_posts') }}
    where
        quarter between {{ window_quarter_labels() }}
        and not is_repost
        and not is_deleted
        and kind <> 'story'
),

days as (
    select * from {{ ref('int_post_days') }}
    where quarter between {{ window_quarter_labels() }}
),

medians as (
    select
        account_id,
        quarter,
        count(interactions_count) as measured_post_count,
        {{ percentile_of(0.5, 'interactions_count') }} as interactions_median_count
    from posts
    group by account_id, quarter
),

-- The median of a few posts is hardly more than those posts themselves.
final as (
    select
        posts.account_id,
        posts.quarter,
        posts.post_id,
        posts.published_date,
        posts.published_weekday,
        posts.published_hour,
        posts.reactions_count,
        posts.comments_count,
        posts.shares_count,
        posts.quotes_count,
        posts.interactions_count,
        posts.views_count,
        case
            when posts.views_count is null then null
            when posts.source in ({{ owners_exports() }}) then 'owned'
            else 'public'
        end as views_audience,
        posts.saves_count,
        posts.clicks_count,
        days.followers_count,
        case
            when days.followers_count > 0
                then
                    100 * cast(posts.interactions_count as double)
                    / days.followers_count
        end as er_pct,
        medians.interactions_median_count,
        case
            when
                medians.measured_post_count >= {{ min_statistic_members() }}
                and medians.interactions_median_count > 0
                then
                    cast(posts.interactions_count as double)
                    / medians.interactions_median_count
        end as ratio_to_median
    from posts
    inner join medians
        on
            posts.account_id = medians.account_id
            and posts.quarter = medians.quarter
    left join days
        on
            posts.account_id = days.account_id
            and posts.published_date = days.published_date
)

select * from final
