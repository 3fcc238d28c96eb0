{#- The account metrics that are compared: one entry each, and every list, statistic, percentile, peer
    mean, target and score takes it from here. A new metric is one line, its row in the seed
    metric_definitions, which also says which way is up, and its name in the registry's
    ComparedMetric, so that targets can be set for it.
    Each: metric (its column), model it stands in, SQL of its status, SQL of its resolution: how far
    apart two values must lie to differ at all, where a platform rounds.
    factor: size, growth, activity, engagement or service; what placements and scores group by. -#}
{% macro compared_metrics() %}
    {%- set account = 'benchmark_account_quarter' -%}
    {%- set activity = 'benchmark_activity_quarter' -%}
    {%- set engagement = 'benchmark_engagement_quarter' -%}
    {%- set service = 'benchmark_service_quarter' -%}
    {%- set step = 'case when followers_resolution_count > 1 then cast(followers_resolution_count as double) else 0 end' -%}
    {{ return([
        {'metric': 'followers_end_count', 'factor': 'size', 'model': account,
         'status': 'followers_end_status', 'resolution': step},
        {'metric': 'follower_change_count', 'factor': 'growth', 'model': account,
         'status': "case when follower_change_count is not null then 'ok' else growth_status end",
         'resolution': step},
        {'metric': 'follower_growth_pct', 'factor': 'growth', 'model': account,
         'status': 'growth_status', 'resolution': '100 * ' ~ step ~ ' / followers_start_count'},
        {'metric': 'penetration_pct', 'factor': 'size', 'model': 'benchmark_audience_quarter',
         'status': 'penetration_status'},
        {'metric': 'post_count', 'factor': 'activity', 'model': activity,
         'status': 'activity_status'},
        {'metric': 'interactions_count', 'factor': 'engagement', 'model': engagement,
         'status': 'interactions_status'},
        {'metric': 'interactions_per_post', 'factor': 'engagement', 'model': engagement,
         'status': 'engagement_status'},
        {'metric': 'interactions_per_1000_followers', 'factor': 'engagement', 'model': engagement,
         'status': 'er_period_status'},
        {'metric': 'er_post_follower_pct', 'factor': 'engagement', 'model': engagement,
         'status': 'er_post_status'},
        {'metric': 'er_period_follower_pct', 'factor': 'engagement', 'model': engagement,
         'status': 'er_period_status'},
        {'metric': 'er_day_follower_pct', 'factor': 'engagement', 'model': engagement,
         'status': 'er_day_status'},
        {'metric': 'influence_count', 'factor': 'engagement', 'model': engagement,
         'status': 'reactions_status'},
        {'metric': 'share_of_voice_pct', 'factor': 'engagement', 'model': engagement,
         'status': 'share_of_voice_status'},
        {'metric': 'virality_per_1000_followers', 'factor': 'engagement', 'model': engagement,
         'status': 'virality_status'},
        {'metric': 'response_rate_pct', 'factor': 'service', 'model': service,
         'status': 'response_rate_status'},
        {'metric': 'answered_24h_pct', 'factor': 'service', 'model': service,
         'status': 'response_rate_status'},
        {'metric': 'response_median_minutes', 'factor': 'service', 'model': service,
         'status': 'response_time_status'},
    ]) }}
{% endmacro %}

{#- compared_metric_rows() -> SQL: one select a compared metric, joined by union all. -#}
{% macro compared_metric_rows() %}
    {%- for compared in compared_metrics() %}
        {% if not loop.first %}union all {% endif -%}
        select
            industry_id,
            organisation_id,
            account_id,
            platform,
            quarter,
            '{{ compared.metric }}' as metric,
            '{{ compared.factor }}' as factor,
            cast({{ compared.metric }} as double) as value,
            {{ compared.status }} as value_status,
            cast({{ compared.resolution or '0' }} as double) as resolution,
            is_preliminary
        from {{ ref(compared.model) }}
    {%- endfor %}
{% endmacro %}
