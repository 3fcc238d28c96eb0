-- Which formats each account's own posts of a quarter had, and how each of them did.
-- Grain: one row per (account_id, quarter, kind)
with spine as (
    select * from {{ ref('int_account_post_quarters') }}
),

posts as (
    select * from {{ ref('int_posts') }}
    where not is_repost and not is_deleted and kind <> 'story'
),

formats as (
    select
        account_id,
        quarter,
        kind,
        count(*) as post_count,
        count(interactions_count) as measured_post_count,
        {{ percentile_of(0.5, 'interactions_count') }} as interactions_median_count
    from posts
    group by account_id, quarter, kind
),

final as (
    select
        spine.industry_id,
        spine.organisation_id,
        spine.account_id,
        spine.platform,
        spine.quarter,
        formats.kind,
        formats.post_count,
        100 * cast(formats.post_count as double)
        / sum(formats.post_count) over (partition by formats.account_id, formats.quarter)
            as post_share_pct,
        formats.measured_post_count,
        formats.interactions_median_count,
        case when formats.measured_post_count > 0 then 'ok' else 'hidden_counters' end
            as interactions_status,
        spine.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from formats
    inner join spine
        on
            formats.account_id = spine.account_id
            and formats.quarter = spine.quarter
)

select * from final
