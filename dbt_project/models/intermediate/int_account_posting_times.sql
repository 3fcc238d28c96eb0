-- When each account published in a quarter, and how posts of that hour did against its own median.
-- Grain: one row per (account_id, quarter, published_weekday, published_hour)
{{ incremental_by_quarter() }}

-- An account with a median of 0 has nothing to measure an hour against; its posts still count.
with related as (
    select
        account_id,
        quarter,
        published_weekday,
        published_hour,
        case
            when interactions_median_count > 0
                then cast(interactions_count / interactions_median_count as decimal(28, 12))
        end as interactions_index
    from {{ ref('int_post_rates') }}
    where quarter between {{ window_quarter_labels() }}
),

-- Indices are added up as decimals: a floating-point sum depends on the order of what it adds.
final as (
    select
        account_id,
        quarter,
        published_weekday,
        published_hour,
        count(*) as post_count,
        count(interactions_index) as measured_post_count,
        sum(interactions_index) as interactions_index_sum
    from related
    group by account_id, quarter, published_weekday, published_hour
)

select * from final
