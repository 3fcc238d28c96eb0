-- The tone of an organisation's or an industry's own posts of a quarter.
-- Grain: one row per (scope, industry_id, organisation_id, platform, quarter)
with spine as (
    select * from {{ ref('int_account_post_quarters') }}
),

sentiments as (
    select * from {{ ref('int_account_sentiments') }}
),

accounts as (
    select
        spine.industry_id,
        spine.organisation_id,
        spine.platform,
        spine.quarter,
        spine.posts_status,
        spine.is_preliminary,
        coalesce(sentiments.positive_text_count, 0) as positive_text_count,
        coalesce(sentiments.neutral_text_count, 0) as neutral_text_count,
        coalesce(sentiments.negative_text_count, 0) as negative_text_count,
        coalesce(sentiments.unread_text_count, 0) as unread_text_count,
        sentiments.model_id,
        sentiments.model_version
    from spine
    left join sentiments
        on
            spine.account_id = sentiments.account_id
            and spine.quarter = sentiments.quarter
),

scoped as (
    select
        case when grouping(organisation_id) = 1 then 'industry' else 'organisation' end as scope,
        industry_id,
        organisation_id,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        quarter,
        count(*) filter (where posts_status = 'ok') as measured_account_count,
        cast(sum(positive_text_count) as bigint) as positive_text_count,
        cast(sum(neutral_text_count) as bigint) as neutral_text_count,
        cast(sum(negative_text_count) as bigint) as negative_text_count,
        cast(sum(unread_text_count) as bigint) as unread_text_count,
        max(model_id) as model_id,
        max(model_version) as model_version,
        max(is_preliminary) as is_preliminary
    from accounts
    group by grouping sets (
        (industry_id, organisation_id, platform, quarter),
        (industry_id, organisation_id, quarter),
        (industry_id, platform, quarter),
        (industry_id, quarter)
    )
),

judged as (
    select
        *,
        {{ quarter_number('quarter') }} as quarter_number,
        positive_text_count + neutral_text_count + negative_text_count as text_count,
        case
            when measured_account_count = 0 then 'not_measured'
            when positive_text_count + neutral_text_count + negative_text_count = 0 then 'no_texts'
            when
                positive_text_count + neutral_text_count + negative_text_count
                < {{ min_sentiment_texts() }}
                then 'few_texts'
            else 'ok'
        end as sentiment_status
    from scoped
),

shown as (
    select
        *,
        case
            when sentiment_status = 'ok' then 100 * cast(positive_text_count as double) / text_count
        end as sentiment_positive_pct,
        case
            when sentiment_status = 'ok' then 100 * cast(neutral_text_count as double) / text_count
        end as sentiment_neutral_pct,
        case
            when sentiment_status = 'ok' then 100 * cast(negative_text_count as double) / text_count
        end as sentiment_negative_pct
    from judged
),

-- Two models do not judge alike: a share stands beside the one before only where one judged both.
final as (
    select
        shown.scope,
        shown.industry_id,
        shown.organisation_id,
        shown.platform,
        shown.quarter,
        'post' as sentiment_unit,
        case when shown.sentiment_status <> 'not_measured' then shown.text_count end as text_count,
        case when previous.sentiment_status <> 'not_measured' then previous.text_count end
            as text_count_previous,
        case when shown.sentiment_status <> 'not_measured' then shown.positive_text_count end
            as positive_text_count,
        case when shown.sentiment_status <> 'not_measured' then shown.neutral_text_count end
            as neutral_text_count,
        case when shown.sentiment_status <> 'not_measured' then shown.negative_text_count end
            as negative_text_count,
        case when shown.sentiment_status <> 'not_measured' then shown.unread_text_count end
            as unread_text_count,
        shown.sentiment_positive_pct,
        case
            when shown.model_version = previous.model_version then previous.sentiment_positive_pct
        end as sentiment_positive_pct_previous,
        shown.sentiment_neutral_pct,
        case
            when shown.model_version = previous.model_version then previous.sentiment_neutral_pct
        end as sentiment_neutral_pct_previous,
        shown.sentiment_negative_pct,
        case
            when shown.model_version = previous.model_version then previous.sentiment_negative_pct
        end as sentiment_negative_pct_previous,
        shown.sentiment_status,
        shown.model_id,
        shown.model_version,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    left join shown as previous
        on
            shown.scope = previous.scope
            and shown.industry_id = previous.industry_id
            and coalesce(shown.organisation_id, '') = coalesce(previous.organisation_id, '')
            and shown.platform = previous.platform
            and shown.quarter_number - 1 = previous.quarter_number
)

select * from final
