"""Placements, effect and scores of the hand-written candidate, computed plainly from its ranking.

Belongs here: stand-ins for the composite marts. Does not belong here: what they are made of.
"""

from __future__ import annotations

COMPOSITE_TABLES = [
    "placement_quarter",
    "effect_quarter",
    "effect_year_quarter",
    "score_quarter",
    "linear_score_quarter",
    "effect_lists",
    "score_weights",
    "score_grades",
    "linear_scores",
]

COMPOSITE = """
create or replace table marts.effect_lists as
    select 'follower_growth_pct' as metric, 'growth' as list_name, true as is_counted;
create or replace table marts.score_weights as
    select 'size' as factor, 'followers_end_count' as metric, 15::bigint as weight
    union all select 'growth', 'follower_growth_pct', 25;
create or replace table marts.score_grades as
    select 0::bigint as score_from, 'poor' as grade union all select 65, 'good';
create or replace table marts.linear_scores as
    select 'power' as score_id, 'bluesky' as platform, 'followers_end_count' as metric,
        500.0::double as divisor;

create or replace table marts.placement_quarter as
select industry_id, platform, quarter, metric, organisation_id, account_id, value, rank as place,
    4 - rank as points_count, ranked_account_count, false as is_preliminary
from marts.ranking_quarter where metric = 'follower_growth_pct' and rank <= 3;

create or replace table marts.effect_quarter as
select industry_id, quarter, organisation_id, dense_rank() over (
        partition by industry_id, quarter order by points_count desc, first_place_count desc
    ) as effect_rank, points_count, first_place_count, false as is_preliminary
from (select industry_id, quarter, organisation_id, sum(points_count)::bigint as points_count,
        count(*) filter (where place = 1) as first_place_count
      from marts.placement_quarter group by all);

create or replace table marts.effect_year_quarter as
select later.industry_id, substr(later.quarter, 1, 4) as year, later.quarter,
    earlier.organisation_id, sum(earlier.points_count)::bigint as points_count,
    false as is_preliminary
from (select distinct industry_id, quarter from marts.effect_quarter) as later
join marts.effect_quarter as earlier
    on later.industry_id = earlier.industry_id and earlier.quarter <= later.quarter
    and substr(later.quarter, 1, 4) = substr(earlier.quarter, 1, 4)
group by all;

create or replace table marts.score_quarter as
select industry_id, organisation_id, account_id, platform, quarter,
    100 * sqrt(
        least(er_day_follower_pct / quantile_cont(er_day_follower_pct, 0.9) over bar, 1)
        * least(greatest(growth_weekly_cagr_pct, 0)
            / quantile_cont(growth_weekly_cagr_pct, 0.9) over bar, 1)
    ) as ppi, 'platform' as ppi_scope, 'ok' as ppi_status,
    (15 * size_percentile_pct + 25 * growth_percentile_pct) / 40 as score_0_100,
    size_percentile_pct, growth_percentile_pct, cast(null as double) as activity_percentile_pct,
    cast(null as double) as engagement_percentile_pct,
    cast(null as double) as service_percentile_pct, 2::bigint as score_part_count,
    'ok' as score_status, false as is_preliminary
from (select * from marts.follower_growth where grain = 'quarter')
join (select account_id, quarter, er_day_follower_pct from marts.benchmark_engagement_quarter)
    using (account_id, quarter)
join (select account_id, quarter,
        max(percentile_pct) filter (where metric = 'followers_end_count') as size_percentile_pct,
        max(percentile_pct) filter (where metric = 'follower_growth_pct')
            as growth_percentile_pct
      from marts.peers_quarter group by all) using (account_id, quarter)
window bar as (partition by platform, quarter);

create or replace table marts.linear_score_quarter as
select 'power' as score_id, industry_id, quarter, organisation_id, value / 500 as linear_score,
    rank, false as is_preliminary
from marts.ranking_quarter where metric = 'followers_end_count';
"""
