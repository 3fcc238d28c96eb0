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
select settled.*, read.followers_count, median(interactions_count) over (
        partition by account_id, quarter) as median_count
from settled
join staging.stg_lake__profile_snapshots as read using (account_id, observed_date);

create table marts.benchmark_engagement_quarter as
select *,
    lag(interactions_count) over w as interactions_count_previous,
    lag(er_period_follower_pct) over w as er_period_follower_pct_previous,
    100.0::double * influence_count / sum(influence_count) over i as influence_share_pct,
    100.0::double * interactions_count / sum(interactions_count) over i as share_of_voice_pct,
    'ok' as interactions_status, 'ok' as engagement_status, 'ok' as er_post_status,
    'ok' as er_period_status, 'ok' as er_day_status, 'ok' as influence_share_status,
    'ok' as share_of_voice_status, 'ok' as posts_status, 'ok' as followers_status,
    'ok' as reactions_status, 'ok' as comments_status, 'ok' as shares_status,
    'ok' as quotes_status, 'ok' as popularity_status, 'ok' as commitment_status,
    'ok' as virality_status, cast(null as bigint) as views_count,
    'hidden_counters' as views_status, cast(null as double) as er_view_pct,
    'hidden_counters' as er_view_status, cast(null as bigint) as saves_count,
    'hidden_counters' as saves_status, cast(null as bigint) as clicks_count,
    'hidden_counters' as clicks_status, false as is_preliminary
from (select industry_id, organisation_id, account_id, platform, quarter, count(*) as post_count,
        count(*) as measured_post_count, count(*) as er_post_count,
        sum(interactions_count)::bigint as interactions_count,
        sum(reactions_count)::bigint as reactions_count,
        sum(reactions_count)::bigint as influence_count,
        sum(comments_count)::bigint as comments_count,
        sum(shares_count)::bigint as shares_count, sum(quotes_count)::bigint as quotes_count,
        avg(interactions_count) as interactions_per_post,
        median(interactions_count) as interactions_median_count,
        avg(followers_count) as followers_mean_count,
        100 * avg(interactions_count / followers_count) as er_post_follower_pct,
        100 * avg(interactions_count) / avg(followers_count) as er_period_follower_pct,
        1000 * sum(interactions_count) / avg(followers_count) as interactions_per_1000_followers,
        1000 * avg(reactions_count) / avg(followers_count) as popularity_per_1000_followers,
        1000 * avg(comments_count) / avg(followers_count) as commitment_per_1000_followers,
        1000 * avg(shares_count) / avg(followers_count) as virality_per_1000_followers,
        100 * sum(interactions_count / followers_count) / max(quarter_day_count)
            as er_day_follower_pct
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
select * exclude (value), dense_rank() over (
        partition by industry_id, platform, quarter, list order by value desc) as rank
from (
    select industry_id, platform, quarter, list, account_id, post_id, text, kind,
        interactions_count, reactions_count, comments_count, shares_count, quotes_count,
        followers_count, 100.0::double * interactions_count / followers_count
            as post_er_follower_pct, 'ok' as post_er_status,
        interactions_count / median_count as ratio_to_median, 'ok' as ratio_status,
        case list when 'interactions' then interactions_count
            when 'er' then 100.0::double * interactions_count / followers_count
            else interactions_count / median_count end as value, false as is_preliminary
    from answered, unnest(['interactions', 'er', 'ratio_to_median']) as lists(list)
)
qualify rank() over (
    partition by industry_id, platform, quarter, list order by value desc) <= 10;
"""
