{#- What is added up: its status says why one is missing. -#}
{%- set measures = {
    'followers_sum_count': 'followers',
    'post_count': 'activity',
    'interactions_count': 'engagement',
    'reactions_count': 'reactions',
    'inquiry_count': 'service',
    'answered_inquiry_count': 'service',
} -%}
{%- set groups = measures.values() | unique | list -%}
{%- set headlines = [
    'followers_sum_count', 'follower_growth_pct', 'post_count', 'interactions_count',
    'er_period_follower_pct', 'response_rate_pct'
] -%}
{%- set evidence = {
    'followers_sum_count': 'followers', 'follower_growth_pct': 'followers',
    'post_count': 'activity', 'interactions_count': 'engagement',
    'er_period_follower_pct': 'engagement', 'response_rate_pct': 'service',
} -%}
-- What an organisation's accounts come to on each platform, and over the platforms.
-- Grain: one row per (organisation_id, platform, quarter)
with organisations as (
    select * from {{ ref('stg_registry__organisations') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

-- The main account is the one marked so; of several, or none, the first by its id.
listed as (
    select
        sizes.industry_id,
        sizes.organisation_id,
        sizes.platform,
        sizes.quarter,
        sizes.account_id,
        sizes.is_preliminary,
        coalesce(organisations.rollup_rule, 'sum') as rollup_rule,
        count(*) over (
            partition by sizes.organisation_id, sizes.platform, sizes.quarter
        ) as account_count,
        first_value(sizes.account_id) over (
            partition by sizes.organisation_id, sizes.platform, sizes.quarter
            order by accounts.is_main desc, sizes.account_id asc
        ) as main_account_id,
        sizes.followers_end_count as followers_sum_count,
        sizes.followers_end_status as followers_status,
        case when sizes.growth_status = 'ok' then sizes.followers_start_count end
            as panel_start_count,
        case when sizes.growth_status = 'ok' then sizes.follower_change_count end
            as panel_change_count,
        sizes.growth_status,
        engagement.post_count,
        engagement.posts_status as activity_status,
        engagement.interactions_count,
        engagement.interactions_status as engagement_status,
        engagement.reactions_count,
        engagement.reactions_status,
        engagement.measured_post_count,
        engagement.followers_mean_count,
        engagement.er_period_status as er_status,
        service.inquiry_count,
        service.answered_inquiry_count,
        service.service_status
    from {{ ref('benchmark_account_quarter') }} as sizes
    inner join accounts
        on sizes.account_id = accounts.account_id
    left join organisations
        on sizes.organisation_id = organisations.organisation_id
    left join {{ ref('benchmark_engagement_quarter') }} as engagement
        on
            sizes.account_id = engagement.account_id
            and sizes.quarter = engagement.quarter
    left join {{ ref('benchmark_service_quarter') }} as service
        on
            sizes.account_id = service.account_id
            and sizes.quarter = service.quarter
),

-- On a platform a sum is known when every account is: one that is missing would look like a fall.
summed as (
    select
        industry_id,
        organisation_id,
        platform,
        quarter,
        main_account_id,
        case when max(account_count) = 1 then 'only' else max(rollup_rule) end as rollup_rule,
        max(account_count) as account_count,
        {% for measure, group in measures.items() %}
            case when count({{ measure }}) = count(*) then cast(sum({{ measure }}) as bigint) end
                as {{ measure }},
        {% endfor %}
        {% for group in groups %}
            case
                when count(*) filter (where {{ group }}_status = 'ok') = count(*) then 'ok'
                when count(*) filter (where {{ group }}_status = 'ok') > 0 then 'incomplete'
                else min({{ group }}_status)
            end as {{ group }}_status,
        {% endfor %}
        case
            when count(*) filter (where growth_status = 'ok') = count(*) then 'ok'
            when count(*) filter (where growth_status = 'ok') > 0 then 'incomplete'
            else min(growth_status)
        end as growth_status,
        sum(panel_start_count) as panel_start_count,
        sum(panel_change_count) as panel_change_count,
        -- An account that posted nothing adds nothing to the rate and hides nothing.
        case
            when count(*) filter (where er_status = 'ok') = 0 then min(er_status)
            when count(*) filter (where er_status in ('ok', 'no_posts')) = count(*) then 'ok'
            else 'incomplete'
        end as er_status,
        -- A follower reached by a post counts once for each post.
        sum(
            cast(
                cast(measured_post_count as double) * followers_mean_count as decimal(38, 6)
            )
        ) as reached_count,
        {% for group in groups %}
            case when count(*) filter (where {{ group }}_status = 'ok') = count(*) then platform end
                as {{ group }}_platforms,
        {% endfor %}
        max(is_preliminary) as is_preliminary
    from listed
    where rollup_rule = 'sum' or account_id = main_account_id
    group by industry_id, organisation_id, platform, quarter, main_account_id
),

-- Over the platforms a sum holds those that are known, and names them.
across as (
    select
        industry_id,
        organisation_id,
        'all' as platform,
        quarter,
        cast(null as string) as main_account_id,
        case
            when max(account_count) = 1 then 'only'
            when min(case when rollup_rule = 'only' then 'sum' else rollup_rule end) = 'main'
                then 'main'
            else 'sum'
        end as rollup_rule,
        sum(account_count) as account_count,
        {% for measure in measures %}
            cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        {% for group in groups %}
            case
                when count(*) filter (where {{ group }}_status = 'ok') > 0 then 'ok'
                else min({{ group }}_status)
            end as {{ group }}_status,
        {% endfor %}
        'across_platforms' as growth_status,
        cast(null as bigint) as panel_start_count,
        cast(null as bigint) as panel_change_count,
        'across_platforms' as er_status,
        cast(null as decimal(38, 6)) as reached_count,
        {% for group in groups %}
            {{ text_list("case when " ~ group ~ "_status = 'ok' then platform end", 'platform') }}
                as {{ group }}_platforms,
        {% endfor %}
        max(is_preliminary) as is_preliminary
    from summed
    group by industry_id, organisation_id, quarter
),

rolled_up as (
    select * from summed
    union all
    select * from across
),

judged as (
    select
        *,
        {{ quarter_number('quarter') }} as quarter_number,
        case
            when service_status <> 'ok' then service_status
            when inquiry_count = 0 then 'no_inquiries'
            when inquiry_count < {{ min_inquiries() }} then 'few_inquiries'
            else 'ok'
        end as response_rate_status
    from rolled_up
),

rated as (
    select
        *,
        case when growth_status = 'ok' then panel_change_count end as follower_change_count,
        case
            when growth_status = 'ok'
                then 100 * cast(panel_change_count as double) / panel_start_count
        end as follower_growth_pct,
        case
            when er_status = 'ok'
                then 100 * cast(interactions_count as double) / cast(reached_count as double)
        end as er_period_follower_pct,
        case
            when response_rate_status = 'ok'
                then 100 * cast(answered_inquiry_count as double) / inquiry_count
        end as response_rate_pct
    from judged
),

-- What came before is shown where it rests on the same platforms.
final as (
    select
        rated.industry_id,
        rated.organisation_id,
        rated.platform,
        rated.quarter,
        rated.rollup_rule,
        rated.main_account_id,
        cast(rated.account_count as bigint) as account_count,
        {% for measure in headlines %}
            rated.{{ measure }},
            {% for earlier in ['previous', 'year_ago'] %}
                case
                    when
                        {{ earlier }}.{{ evidence[measure] }}_platforms
                        = rated.{{ evidence[measure] }}_platforms
                        then {{ earlier }}.{{ measure }}
                end as {{ measure }}_{{ earlier }},
            {% endfor %}
        {% endfor %}
        rated.followers_status,
        rated.followers_platforms,
        cast(rated.follower_change_count as bigint) as follower_change_count,
        rated.growth_status,
        cast(rated.post_count as double) / 3 as posts_per_month,
        rated.activity_status,
        rated.activity_platforms,
        rated.engagement_status,
        rated.engagement_platforms,
        rated.reactions_count,
        rated.reactions_status,
        rated.er_status as er_period_status,
        rated.inquiry_count,
        rated.answered_inquiry_count,
        rated.service_status,
        rated.service_platforms,
        rated.response_rate_status,
        rated.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from rated
    left join rated as previous
        on
            rated.organisation_id = previous.organisation_id
            and rated.platform = previous.platform
            and rated.quarter_number - 1 = previous.quarter_number
    left join rated as year_ago
        on
            rated.organisation_id = year_ago.organisation_id
            and rated.platform = year_ago.platform
            and rated.quarter_number - 4 = year_ago.quarter_number
)

select * from final
