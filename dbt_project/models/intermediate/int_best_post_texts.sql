-- The words of the best posts, as they stood when the posts' counters settled.
-- Grain: one row per (account_id, post_id)
{{ incremental_by_quarter() }}

-- Staging is read for the winners of the window only, and their texts are kept from then on: a
-- later build does not open the files of a quarter that is closed.
with winners as (
    select distinct
        account_id,
        post_id
    from {{ ref('int_best_posts') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

posts as (
    select * from {{ ref('int_posts') }}
),

readings as (
    select
        account_id,
        post_id,
        observed_date,
        observed_at,
        extracted_at,
        source,
        origin,
        text
    from {{ ref('stg_lake__posts') }}
    where observed_date between {{ window_start_date() }} and {{ window_settled_date() }}
),

final as (
    select
        posts.account_id,
        posts.quarter,
        posts.post_id,
        -- One engine passes over a missing text, the other does not.
        max_by(
            readings.text,
            case
                when readings.text is not null then {{ epoch_seconds('readings.extracted_at') }}
            end
        ) as text
    from winners
    inner join posts
        on
            winners.account_id = posts.account_id
            and winners.post_id = posts.post_id
    inner join quarters
        on posts.quarter = quarters.quarter
    inner join readings
        on
            posts.account_id = readings.account_id
            and posts.post_id = readings.post_id
            and posts.settled_date = readings.observed_date
            and posts.source = readings.source
            and posts.origin = readings.origin
            and posts.settled_at = {{ utc_timestamp('readings.observed_at') }}
    group by posts.account_id, posts.quarter, posts.post_id
)

select * from final
