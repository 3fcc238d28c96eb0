"""Engagement in the hand-written candidate: the same posts, their interactions added up plainly.

Belongs here: stand-ins for the marts of engagement. Does not belong here: the posts themselves
(`candidate_posts.py`).
"""

from __future__ import annotations

ENGAGEMENT_TABLES = [
    "benchmark_engagement_quarter",
    "engagement_industry_quarter",
    "influence_region_quarter",
    "best_posts_quarter",
]

ENGAGEMENT = """
create temp table answered as
select *, reactions_count + comments_count + shares_count + quotes_count as interactions_count
from settled;

create table marts.benchmark_engagement_quarter as
select *,
    lag(interactions_count) over w as interactions_count_previous,
    lag(er_period_follower_pct) over w as er_period_follower_pct_previous,
    100.0::double * influence_count / sum(influence_count) over i as influence_share_pct,
    100.0::double * interactions_count / sum(interactions_count) over i as share_of_voice_pct,
    'ok' as interactions_status, 'ok' as engagement_status, 'ok' as er_post_status,
    'ok' as er_period_status, 'ok' as er_day_status, 'ok' as influence_share_status,
    'ok' as share_of_voice_status, false as is_preliminary
from (select industry_id, organisation_id, account_id, platform, quarter,
        sum(interactions_count)::bigint as interactions_count,
        sum(reactions_count)::bigint as influence_count,
        avg(interactions_count) as interactions_per_post, avg(interactions_count) / 20
            as er_post_follower_pct, avg(interactions_count) / 20 as er_period_follower_pct,
        sum(interactions_count) / 1820 as er_day_follower_pct
      from answered group by all)
window w as (partition by account_id order by quarter),
    i as (partition by industry_id, platform, quarter);

create table marts.engagement_industry_quarter as
select industry_id, platform, quarter, n as account_count, n as engagement_account_count,
    100.0::double as engagement_coverage_pct, interactions_count, influence_count,
    p[1] as er_period_follower_p10_pct, p[2] as er_period_follower_p25_pct,
    p[3] as er_period_follower_median_pct, p[4] as er_period_follower_p75_pct,
    p[5] as er_period_follower_p90_pct, 90.0::double as influence_top5_share_pct,
    hhi as influence_hhi_points, false as is_preliminary
from (select industry_id, platform, quarter, count(*) as n,
        sum(interactions_count)::bigint as interactions_count,
        sum(influence_count)::bigint as influence_count, sum(influence_share_pct ** 2) as hhi,
        quantile_cont(er_period_follower_pct, [.1, .25, .5, .75, .9]) as p
      from marts.benchmark_engagement_quarter group by all);

create table marts.influence_region_quarter as
select *, 100.0::double * influence_count
        / sum(influence_count) over (partition by industry_id, platform, quarter)
        as region_share_pct,
    dense_rank() over (partition by industry_id, platform, quarter order by influence_count desc)
        as rank, false as is_preliminary
from (select industry_id, platform, quarter,
        if(account_id < industry_id || '_4', 'North', 'South') as county,
        sum(influence_count)::bigint as influence_count
      from marts.benchmark_engagement_quarter group by all);

create table marts.best_posts_quarter as
select industry_id, platform, quarter, list, account_id, post_id, text, interactions_count,
    interactions_count / 20.0::double as post_er_follower_pct,
    interactions_count / 30.0::double as ratio_to_median,
    dense_rank() over (partition by industry_id, platform, quarter, list
        order by interactions_count desc) as rank, false as is_preliminary
from answered, unnest(['interactions', 'er', 'ratio_to_median']) as lists(list)
qualify rank() over (partition by industry_id, platform, quarter, list
    order by interactions_count desc) <= 10;
"""
