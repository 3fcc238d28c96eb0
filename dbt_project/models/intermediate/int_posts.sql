-- Each account's posts of a quarter with the counters they had settled at.
-- Grain: one row per (account_id, post_id)
{{ incremental_by_quarter() }}

-- A post belongs to the local quarter it was published in, whatever the registry says of its
-- account: membership is asked where industries are compared. Its counters are those of the last
-- reading up to seven days after the quarter, so that the posts of the last days had their week.
-- The reading with the highest key wins: when it was observed, then when it was extracted; of two
-- with one key the one with more reactions, then the names. Texts stay in staging: a window over
-- them would carry every text through memory.
with readings as (
    select
        posts.account_id,
        posts.platform,
        posts.post_id,
        posts.published_at,
        posts.observed_date,
        posts.observed_at,
        posts.kind,
        posts.permalink,
        posts.reactions_count,
        posts.comments_count,
        posts.shares_count,
        posts.quotes_count,
        posts.views_count,
        posts.saves_count,
        posts.clicks_count,
        posts.is_boosted,
        posts.is_repost,
        posts.is_deleted,
        posts.source,
        posts.origin,
        {{ local_date('posts.published_at') }} as published_date,
        {{ epoch_seconds('posts.observed_at') }} * 1000000000
        + ({{ epoch_seconds('posts.extracted_at') }} - 1577836800) as reading_key
    from {{ ref('stg_lake__posts') }} as posts
    where posts.observed_date between {{ window_start_date() }} and {{ window_settled_date() }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

definitions as (
    select * from {{ ref('interaction_definitions') }}
),

settled as (
    select
        readings.*,
        quarters.quarter
    from readings
    inner join quarters
        on readings.published_date between quarters.quarter_start_date and quarters.quarter_end_date
    where readings.observed_date <= {{ shift_days('quarters.quarter_end_date', 7) }}
    qualify
        row_number() over (
            partition by readings.account_id, readings.post_id
            order by
                readings.reading_key desc,
                readings.reactions_count desc nulls last,
                readings.source asc,
                readings.origin asc
        ) = 1
),

-- A counter that the platform counts but did not show makes the sum unknown, never smaller.
final as (
    select
        settled.account_id,
        settled.platform,
        settled.quarter,
        settled.post_id,
        {{ utc_timestamp('settled.published_at') }} as published_at,
        settled.published_date,
        {{ local_weekday('settled.published_at') }} as published_weekday,
        {{ local_hour('settled.published_at') }} as published_hour,
        settled.kind,
        settled.permalink,
        settled.reactions_count,
        settled.comments_count,
        settled.shares_count,
        settled.quotes_count,
        case when definitions.counts_reactions then settled.reactions_count else 0 end
        + case when definitions.counts_comments then settled.comments_count else 0 end
        + case when definitions.counts_shares then settled.shares_count else 0 end
        + case when definitions.counts_quotes then settled.quotes_count else 0 end
            as interactions_count,
        settled.views_count,
        settled.saves_count,
        settled.clicks_count,
        settled.is_boosted,
        coalesce(settled.is_repost, false) as is_repost,
        coalesce(settled.is_deleted, false) as is_deleted,
        {{ utc_timestamp('settled.observed_at') }} as settled_at,
        settled.observed_date as settled_date,
        settled.source,
        settled.origin
    from settled
    inner join accounts
        on
            settled.account_id = accounts.account_id
            and settled.published_date
            between coalesce(accounts.valid_from_date, date '1900-01-01')
            and coalesce(accounts.valid_to_date, date '2999-12-31')
    inner join definitions
        on settled.platform = definitions.platform
)

select * from final
