-- How far is each account from the best quarter of its industry (the 75th percentile) on every
-- metric? For response times less is better, so the gap is turned round.
select
    peers.industry_id,
    peers.platform,
    peers.quarter,
    organisation.name,
    peers.metric,
    round(peers.value, 2) as value,
    round(case definition.direction
        when 'lower_is_better' then stats.value_p25
        else stats.value_p75
    end, 2) as best_quarter_from,
    round(case definition.direction
        when 'lower_is_better' then peers.value - stats.value_p25
        else stats.value_p75 - peers.value
    end, 2) as gap,
    round(peers.percentile_pct, 0) as percentile
from marts.peers_quarter as peers
inner join marts.metric_industry_quarter as stats
    on
        peers.industry_id = stats.industry_id
        and peers.platform = stats.platform
        and peers.quarter = stats.quarter
        and peers.metric = stats.metric
        and stats.segment = 'all'
inner join marts.metric_definitions as definition
    on peers.metric = definition.metric and definition.valid_to_date is null
inner join marts.dim_organisation as organisation
    on peers.organisation_id = organisation.organisation_id
where
    stats.percentile_status = 'ok'
    and peers.quarter = (
        select max(dim_quarter.quarter)
        from marts.dim_quarter
        where not dim_quarter.is_preliminary
    )
order by
    peers.industry_id asc, peers.platform asc, peers.metric asc, gap desc, organisation.name asc;
