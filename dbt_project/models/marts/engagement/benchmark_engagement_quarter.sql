{%- set counters = ['reactions', 'comments', 'shares', 'quotes', 'saves', 'clicks'] -%}
{%- set audiences = ['public', 'owned'] -%}
{%- set public_means = {
    'popularity': 'reactions', 'commitment': 'comments', 'virality': 'shares'
} -%}
-- Each compared account's quarter: what its posts were answered with, and what that is of its
-- followers, by each definition in use.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('int_account_post_quarters') }}
),

posts as (
    select * from {{ ref('int_post_rates') }}
),

days as (
    select * from {{ ref('int_post_days') }}
),

-- Rates are added up as decimals: a floating-point sum depends on the order of what it adds.
-- Views are added up for either audience, because one look at the posts is what costs here.
summed as (
    select
        account_id,
        quarter,
        count(*) as post_count,
        count(interactions_count) as measured_post_count,
        cast(sum(interactions_count) as bigint) as interactions_count,
        max(interactions_median_count) as interactions_median_count,
        {% for counter in counters %}
            count({{ counter }}_count) as {{ counter }}_post_count,
            cast(sum({{ counter }}_count) as bigint) as {{ counter }}_count,
        {% endfor %}
        count(er_pct) as er_post_count,
        cast(sum(cast(er_pct as decimal(28, 12))) as double) as er_post_sum_pct,
        {% for audience in audiences %}
            cast(sum(views_count) filter (where views_audience = '{{ audience }}') as bigint)
                as {{ audience }}_views_count,
            cast(
                sum(views_count) filter (
                    where views_audience = '{{ audience }}' and interactions_count is not null
                ) as bigint
            ) as {{ audience }}_rated_views_count,
            cast(sum(interactions_count) filter (where views_audience = '{{ audience }}') as bigint)
                as {{ audience }}_viewed_interactions_count,
        {% endfor %}
        max(views_audience) as views_audience
    from posts
    group by account_id, quarter
),

-- Those that everybody sees stand, where there are any; only else what an owner exported.
counted as (
    select
        *,
        {% for measure in ['views_count', 'rated_views_count', 'viewed_interactions_count'] %}
            case views_audience
                {% for audience in audiences %}
                    when '{{ audience }}' then {{ audience }}_{{ measure }}
                {% endfor %}
            end as {{ measure }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from summed
),

-- Posts of the quarter whose views were counted in two ways have no sum of views.
redefined as (
    select
        account_id,
        quarter
    from {{ ref('int_view_breaks') }}
    where last_before_date is not null and first_since_date is not null
    group by account_id, quarter
),

-- A day on which nothing was posted adds 0 and is counted all the same.
daily as (
    select
        account_id,
        quarter,
        count(*) as post_day_count,
        count(followers_count) as rated_day_count,
        sum(post_count - measured_post_count) as hidden_post_count,
        cast(
            sum(
                cast(
                    100 * cast(interactions_count as double) / followers_count
                    as decimal(28, 12)
                )
            ) as double
        ) as er_day_sum_pct
    from days
    group by account_id, quarter
),

measured as (
    select
        account_quarters.*,
        {{ quarter_number('account_quarters.quarter') }} as quarter_number,
        case
            when account_quarters.posts_status = 'ok' then coalesce(counted.post_count, 0)
        end as post_count,
        case
            when account_quarters.posts_status = 'ok' then coalesce(counted.measured_post_count, 0)
        end as measured_post_count,
        case
            when account_quarters.posts_status <> 'ok' then account_quarters.posts_status
            when counted.post_count > 0 and counted.measured_post_count = 0 then 'hidden_counters'
            else 'ok'
        end as interactions_status,
        case
            when account_quarters.posts_status <> 'ok' then account_quarters.posts_status
            when counted.post_count is null then 'no_posts'
            when counted.measured_post_count = 0 then 'hidden_counters'
            else 'ok'
        end as per_post_status,
        case
            when account_quarters.posts_status = 'ok' and counted.post_count is null then 0
            else counted.interactions_count
        end as interactions_count,
        counted.interactions_median_count,
        {% for counter in counters %}
            case
                when account_quarters.posts_status <> 'ok' then account_quarters.posts_status
                when counted.post_count > 0 and counted.{{ counter }}_post_count = 0
                    then 'hidden_counters'
                else 'ok'
            end as {{ counter }}_status,
            case
                when account_quarters.posts_status = 'ok' and counted.post_count is null then 0
                else counted.{{ counter }}_count
            end as {{ counter }}_count,
            counted.{{ counter }}_post_count,
        {% endfor %}
        coalesce(counted.er_post_count, 0) as er_post_count,
        counted.er_post_sum_pct,
        counted.views_audience,
        counted.views_count,
        counted.rated_views_count,
        counted.viewed_interactions_count,
        redefined.account_id is not null as has_views_redefined,
        daily.post_day_count,
        daily.rated_day_count,
        daily.hidden_post_count,
        daily.er_day_sum_pct
    from account_quarters
    left join counted
        on
            account_quarters.account_id = counted.account_id
            and account_quarters.quarter = counted.quarter
    left join redefined
        on
            account_quarters.account_id = redefined.account_id
            and account_quarters.quarter = redefined.quarter
    left join daily
        on
            account_quarters.account_id = daily.account_id
            and account_quarters.quarter = daily.quarter
),

-- What the industry's measured accounts on the platform come to together.
totals as (
    select
        industry_id,
        platform,
        quarter,
        sum(reactions_count) as reactions_count,
        sum(interactions_count) as interactions_count
    from measured
    group by industry_id, platform, quarter
),

judged as (
    select
        measured.*,
        totals.reactions_count as industry_reactions_count,
        totals.interactions_count as industry_interactions_count,
        case when coalesce(measured.followers_mean_count, 0) > 0 then 'ok' else 'no_followers' end
            as followers_status,
        case
            when measured.per_post_status <> 'ok' then measured.per_post_status
            when measured.er_post_count = 0 then 'no_followers'
            else 'ok'
        end as er_post_status,
        case
            when measured.per_post_status <> 'ok' then measured.per_post_status
            when coalesce(measured.followers_mean_count, 0) = 0 then 'no_followers'
            else 'ok'
        end as er_period_status,
        case
            when measured.per_post_status <> 'ok' then measured.per_post_status
            when measured.hidden_post_count > 0 then 'hidden_counters'
            when measured.rated_day_count < measured.post_day_count then 'no_followers'
            else 'ok'
        end as er_day_status,
        case
            when measured.posts_status <> 'ok' then measured.posts_status
            when measured.post_count = 0 then 'no_posts'
            when measured.views_count is null then 'hidden_counters'
            when measured.has_views_redefined then 'definition_break'
            else 'ok'
        end as views_status,
        case
            when measured.per_post_status <> 'ok' then measured.per_post_status
            when measured.rated_views_count is null then 'hidden_counters'
            when measured.has_views_redefined then 'definition_break'
            when measured.rated_views_count = 0 then 'no_views'
            else 'ok'
        end as er_view_status,
        {% for name, counter in public_means.items() %}
            case
                when measured.posts_status <> 'ok' then measured.posts_status
                when measured.post_count = 0 then 'no_posts'
                when measured.{{ counter }}_status <> 'ok' then measured.{{ counter }}_status
                when coalesce(measured.followers_mean_count, 0) = 0 then 'no_followers'
                else 'ok'
            end as {{ name }}_status,
        {% endfor %}
        case
            when measured.reactions_status <> 'ok' then measured.reactions_status
            when totals.reactions_count = 0 then 'no_reactions'
            else 'ok'
        end as influence_share_status,
        case
            when measured.interactions_status <> 'ok' then measured.interactions_status
            when totals.interactions_count = 0 then 'no_interactions'
            else 'ok'
        end as share_of_voice_status
    from measured
    inner join totals
        on
            measured.industry_id = totals.industry_id
            and measured.platform = totals.platform
            and measured.quarter = totals.quarter
),

-- A figure is worked out where its status is ok, and nowhere else.
rated as (
    select
        *,
        case
            when per_post_status = 'ok'
                then cast(interactions_count as double) / measured_post_count
        end as interactions_per_post,
        case when er_post_status = 'ok' then er_post_sum_pct / er_post_count end
            as er_post_follower_pct,
        case
            when er_period_status = 'ok'
                then
                    100 * cast(interactions_count as double)
                    / measured_post_count / followers_mean_count
        end as er_period_follower_pct,
        case
            when er_period_status = 'ok'
                then 1000 * cast(interactions_count as double) / followers_mean_count
        end as interactions_per_1000_followers,
        case when er_day_status = 'ok' then er_day_sum_pct / day_count end as er_day_follower_pct,
        case
            when er_view_status = 'ok'
                then 100 * cast(viewed_interactions_count as double) / rated_views_count
        end as er_view_pct,
        {% for name, counter in public_means.items() %}
            case
                when {{ name }}_status = 'ok'
                    then
                        1000 * cast({{ counter }}_count as double)
                        / {{ counter }}_post_count / followers_mean_count
            end as {{ name }}_per_1000_followers,
        {% endfor %}
        case
            when influence_share_status = 'ok'
                then 100 * cast(reactions_count as double) / industry_reactions_count
        end as influence_share_pct,
        case
            when share_of_voice_status = 'ok'
                then 100 * cast(interactions_count as double) / industry_interactions_count
        end as share_of_voice_pct
    from judged
),

final as (
    select
        rated.industry_id,
        rated.organisation_id,
        rated.account_id,
        rated.platform,
        rated.quarter,
        rated.post_count,
        rated.measured_post_count,
        rated.posts_status,
        {% for counter in counters[:4] %}
            rated.{{ counter }}_count,
            rated.{{ counter }}_status,
        {% endfor %}
        rated.interactions_count,
        previous.interactions_count as interactions_count_previous,
        year_ago.interactions_count as interactions_count_year_ago,
        rated.interactions_status,
        rated.interactions_per_post,
        rated.interactions_median_count,
        rated.per_post_status as engagement_status,
        case when rated.followers_status = 'ok' then rated.followers_mean_count end
            as followers_mean_count,
        rated.followers_status,
        rated.er_post_follower_pct,
        rated.er_post_count,
        rated.er_post_status,
        rated.er_period_follower_pct,
        previous.er_period_follower_pct as er_period_follower_pct_previous,
        year_ago.er_period_follower_pct as er_period_follower_pct_year_ago,
        rated.interactions_per_1000_followers,
        rated.er_period_status,
        rated.er_day_follower_pct,
        rated.er_day_status,
        {% for name in public_means %}
            rated.{{ name }}_per_1000_followers,
            rated.{{ name }}_status,
        {% endfor %}
        rated.reactions_count as influence_count,
        previous.reactions_count as influence_count_previous,
        year_ago.reactions_count as influence_count_year_ago,
        rated.influence_share_pct,
        previous.influence_share_pct as influence_share_pct_previous,
        year_ago.influence_share_pct as influence_share_pct_year_ago,
        rated.influence_share_status,
        rated.share_of_voice_pct,
        previous.share_of_voice_pct as share_of_voice_pct_previous,
        year_ago.share_of_voice_pct as share_of_voice_pct_year_ago,
        rated.share_of_voice_status,
        case when rated.views_status = 'ok' then rated.views_count end as views_count,
        rated.views_audience,
        rated.views_status,
        rated.er_view_pct,
        rated.er_view_status,
        {% for counter in counters[4:] %}
            rated.{{ counter }}_count,
            rated.{{ counter }}_status,
        {% endfor %}
        rated.origin,
        rated.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from rated
    left join rated as previous
        on
            rated.account_id = previous.account_id
            and rated.quarter_number - 1 = previous.quarter_number
    left join rated as year_ago
        on
            rated.account_id = year_ago.account_id
            and rated.quarter_number - 4 = year_ago.quarter_number
)

select * from final
