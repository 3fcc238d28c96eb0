-- Where the accounts of the registry's peer groups stand among one another, by metric.
-- Grain: one row per (peer_group_id, quarter, metric, account_id)
with peer_groups as (
    select * from {{ ref('stg_registry__peer_groups') }}
),

-- The order is the industry's, rounding and all; a group only closes the ranks.
listed as (
    select
        peer_groups.peer_group_id,
        peer_groups.peer_group_name,
        peer_groups.peer_group_name_sv,
        ranking.industry_id,
        ranking.organisation_id,
        ranking.account_id,
        ranking.platform,
        ranking.quarter,
        ranking.metric,
        ranking.value,
        ranking.is_preliminary,
        dense_rank() over (
            partition by
                peer_groups.peer_group_id, ranking.platform, ranking.quarter, ranking.metric
            order by ranking.rank asc
        ) as group_rank
    from {{ ref('ranking_quarter') }} as ranking
    inner join peer_groups
        on
            ranking.industry_id = peer_groups.industry_id
            and ranking.organisation_id = peer_groups.organisation_id
    inner join {{ ref('int_quarters') }} as quarters
        on
            ranking.quarter = quarters.quarter
            and quarters.quarter_end_date
            between coalesce(peer_groups.valid_from_date, date '1900-01-01')
            and coalesce(peer_groups.valid_to_date, date '2999-12-31')
),

-- Values are added up as decimals: a floating-point sum depends on the order of what it adds.
measured as (
    select
        peer_group_id,
        platform,
        quarter,
        metric,
        count(*) as group_account_count,
        sum(cast(value as decimal(28, 9))) as group_sum,
        {{ percentile_of(0.5, 'value') }} as group_median
    from listed
    group by peer_group_id, platform, quarter, metric
),

-- With oneself or without: a mean speaks for five others, or whoever stands in it could work out
-- what the few others have.
judged as (
    select
        listed.*,
        measured.group_account_count,
        measured.group_sum,
        measured.group_median,
        case
            when measured.group_account_count - 1 >= {{ min_statistic_members() }} then 'ok'
            else 'few_members'
        end as group_status
    from listed
    inner join measured
        on
            listed.peer_group_id = measured.peer_group_id
            and listed.platform = measured.platform
            and listed.quarter = measured.quarter
            and listed.metric = measured.metric
),

final as (
    select
        judged.peer_group_id,
        judged.peer_group_name,
        judged.peer_group_name_sv,
        judged.industry_id,
        judged.organisation_id,
        judged.account_id,
        judged.platform,
        judged.quarter,
        judged.metric,
        judged.value,
        cast(judged.group_rank as bigint) as group_rank,
        cast(previous.group_rank as bigint) as group_rank_previous,
        cast(year_ago.group_rank as bigint) as group_rank_year_ago,
        judged.group_account_count,
        case
            when judged.group_status = 'ok'
                then cast(judged.group_sum as double) / judged.group_account_count
        end as group_mean,
        case
            when judged.group_status = 'ok'
                then
                    cast(judged.group_sum - cast(judged.value as decimal(28, 9)) as double)
                    / (judged.group_account_count - 1)
        end as other_mean,
        case when judged.group_status = 'ok' then judged.group_median end as group_median,
        judged.group_status,
        judged.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from judged
    {% for earlier, quarters in {'previous': 1, 'year_ago': 4}.items() %}
        left join listed as {{ earlier }}
            on
                judged.peer_group_id = {{ earlier }}.peer_group_id
                and judged.account_id = {{ earlier }}.account_id
                and judged.metric = {{ earlier }}.metric
                and {{ quarter_number('judged.quarter') }} - {{ quarters }}
                = {{ quarter_number(earlier ~ '.quarter') }}
    {% endfor %}
)

select * from final
