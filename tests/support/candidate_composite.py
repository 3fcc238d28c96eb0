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
    select 'size' as factor, 'followers_end_count' as metric, 15::bigint as weight;
create or replace table marts.score_grades as
    select 0::bigint as score_from, 'poor' as grade union all select 65, 'good';
create or replace table marts.linear_scores as
    select 'power' as score_id, 'bluesky' as platform, 'followers_end_count' as metric,
        500.0::double as divisor;

create or replace table marts.placement_quarter as
select industry_id, platform, quarter, metric, organisation_id, account_id, value, rank as place,
    4 - rank as points_count, false as is_preliminary
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
select industry_id, organisation_id, account_id, platform, quarter, 50.0::double as ppi,
    60.0::double as score_0_100, 40.0::double as size_percentile_pct,
    80.0::double as growth_percentile_pct, cast(null as double) as activity_percentile_pct,
    cast(null as double) as engagement_percentile_pct,
    cast(null as double) as service_percentile_pct,
    false as is_preliminary
from marts.benchmark_account_quarter;

create or replace table marts.linear_score_quarter as
select 'power' as score_id, industry_id, quarter, organisation_id, value / 500 as linear_score,
    rank, false as is_preliminary
from marts.ranking_quarter where metric = 'followers_end_count';
"""
