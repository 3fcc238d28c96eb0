-- Each county's share of an industry's influence: the reactions to its organisations' posts.
-- Grain: one row per (industry_id, platform, quarter, county)
with account_quarters as (
    select * from {{ ref('benchmark_engagement_quarter') }}
),

organisations as (
    select * from {{ ref('dim_organisation') }}
),

-- An organisation without a county belongs to none and is left out.
located as (
    select
        account_quarters.*,
        organisations.county,
        {{ quarter_number('account_quarters.quarter') }} as quarter_number
    from account_quarters
    inner join organisations
        on account_quarters.organisation_id = organisations.organisation_id
    where organisations.county is not null
),

-- Of accounts with equal influence the first by id stands for them; the count says how many.
leaders as (
    select
        industry_id,
        platform,
        quarter,
        county,
        account_id,
        count(*) over (partition by industry_id, platform, quarter, county) as top_account_count,
        row_number() over (
            partition by industry_id, platform, quarter, county order by account_id asc
        ) as position
    from (
        select
            *,
            rank() over (
                partition by industry_id, platform, quarter, county order by influence_count desc
            ) as place
        from located
        where influence_count > 0
    ) as placed
    where place = 1
),

summed as (
    select
        industry_id,
        platform,
        quarter,
        quarter_number,
        county,
        count(*) as account_count,
        count(influence_count) as influence_account_count,
        count(*) filter (where posts_status = 'ok') as measured_account_count,
        cast(sum(influence_count) as bigint) as influence_count,
        max(is_preliminary) as is_preliminary
    from located
    group by industry_id, platform, quarter, quarter_number, county
),

measured as (
    select
        *,
        case
            when influence_count is not null then 'ok'
            when measured_account_count = 0 then 'not_measured'
            else 'hidden_counters'
        end as influence_status,
        sum(influence_count) over (partition by industry_id, platform, quarter)
            as located_influence_count
    from summed
),

-- Equals share a place and the next one is not skipped; a county that was not measured has none.
ranked as (
    select
        measured.*,
        case
            when measured.influence_status <> 'ok' then measured.influence_status
            when measured.located_influence_count = 0 then 'no_reactions'
            else 'ok'
        end as region_share_status,
        case
            when measured.located_influence_count > 0
                then
                    100 * cast(measured.influence_count as double)
                    / measured.located_influence_count
        end as region_share_pct,
        case
            when measured.influence_count is not null
                then
                    cast(
                        dense_rank() over (
                            partition by measured.industry_id, measured.platform, measured.quarter
                            order by measured.influence_count desc nulls last
                        ) as bigint
                    )
        end as rank,
        leaders.account_id as top_account_id,
        leaders.top_account_count
    from measured
    left join leaders
        on
            measured.industry_id = leaders.industry_id
            and measured.platform = leaders.platform
            and measured.quarter = leaders.quarter
            and measured.county = leaders.county
            and leaders.position = 1
),

final as (
    select
        ranked.industry_id,
        ranked.platform,
        ranked.quarter,
        ranked.county,
        ranked.account_count,
        ranked.influence_account_count,
        ranked.influence_count,
        previous.influence_count as influence_count_previous,
        year_ago.influence_count as influence_count_year_ago,
        ranked.influence_status,
        ranked.region_share_pct,
        previous.region_share_pct as region_share_pct_previous,
        year_ago.region_share_pct as region_share_pct_year_ago,
        ranked.region_share_status,
        ranked.rank,
        previous.rank as rank_previous,
        previous.rank - ranked.rank as rank_change,
        ranked.top_account_id,
        previous.top_account_id as top_account_id_previous,
        ranked.top_account_count,
        case
            when ranked.influence_status <> 'ok' then ranked.influence_status
            when ranked.top_account_id is null then 'no_reactions'
            when previous.top_account_id is null then 'new'
            when ranked.top_account_id = previous.top_account_id then 'kept'
            else 'changed'
        end as top_account_move,
        ranked.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from ranked
    left join ranked as previous
        on
            ranked.industry_id = previous.industry_id
            and ranked.platform = previous.platform
            and ranked.county = previous.county
            and ranked.quarter_number - 1 = previous.quarter_number
    left join ranked as year_ago
        on
            ranked.industry_id = year_ago.industry_id
            and ranked.platform = year_ago.platform
            and ranked.county = year_ago.county
            and ranked.quarter_number - 4 = year_ago.quarter_number
)

select * from final
