"""Roll-ups of the hand-written candidate: organisations, months, a peer group and a target.

Belongs here: stand-ins for the marts that put accounts and quarters together. Does not belong here:
the accounts' own figures.
"""

from __future__ import annotations

ROLLUP_TABLES = [
    "benchmark_organisation_quarter",
    "activity_engagement_period",
    "peer_group_quarter",
    "target_quarter",
]

PERIODS = """
create table staging.stg_registry__peer_groups as
select 'coast' as peer_group_id, 'museums' as industry_id, organisation_id,
    cast(null as date) as valid_from_date, cast(null as date) as valid_to_date
from staging.stg_registry__organisations where organisation_id like 'museums%';
create table staging.stg_registry__targets as
select 'museums_3' as organisation_id, 'bluesky' as platform, 'followers_end_count' as metric,
    4000.0::double as target_value, date '2026-12-31' as by_date,
    cast(null as date) as valid_from_date;

create table marts.activity_engagement_period as
select industry_id, organisation_id, account_id, platform, 'month' as grain,
    strftime(observed_date, '%Y-%m') as period,
    min(date_trunc('month', observed_date)) as period_start_date,
    min(last_day(observed_date)) as period_end_date, quarter, count(*) as post_count,
    'ok' as activity_status, sum(interactions_count)::bigint as interactions_count,
    'ok' as interactions_status, count(*) as measured_post_count,
    count(*)::double as posts_per_month, avg(followers_count) as followers_mean_count,
    'ok' as followers_status,
    100 * avg(interactions_count) / avg(followers_count) as er_period_follower_pct,
    'ok' as er_period_status, false as is_preliminary
from answered group by all;
insert into marts.activity_engagement_period
select industry_id, organisation_id, account_id, platform, 'half_year', '2026-H1',
    date '2026-01-01', date '2026-06-30', '2026-Q2', sum(post_count)::bigint, 'ok',
    sum(interactions_count)::bigint, 'ok', sum(measured_post_count)::bigint, sum(post_count) / 6,
    avg(followers_mean_count), 'ok',
    100 * sum(interactions_count) / sum(measured_post_count) / avg(followers_mean_count), 'ok',
    false
from marts.activity_engagement_period where period like '2026-%' group by all;
"""

ROLLUPS = """
create or replace table marts.benchmark_organisation_quarter as
select industry_id, organisation_id, platform, quarter, 'only' as rollup_rule,
    account_id as main_account_id, 1::bigint as account_count,
    followers_end_count as followers_sum_count, followers_end_status as followers_status,
    posts.post_count, interactions_count, false as is_preliminary
from marts.benchmark_account_quarter
join marts.benchmark_activity_quarter as posts using (industry_id, organisation_id, account_id,
    platform, quarter, is_preliminary)
join marts.benchmark_engagement_quarter using (industry_id, organisation_id, account_id, platform,
    quarter, is_preliminary);
insert into marts.benchmark_organisation_quarter
select * replace ('all' as platform, null as main_account_id)
from marts.benchmark_organisation_quarter;

create or replace table marts.peer_group_quarter as
select peer_group_id, industry_id, organisation_id, account_id, platform, quarter, metric, value,
    dense_rank() over (w order by rank) as group_rank, count(*) over w as group_account_count,
    avg(value) over w as group_mean,
    (sum(value) over w - value) / (count(*) over w - 1) as other_mean,
    median(value) over w as group_median, 'ok' as group_status, false as is_preliminary
from marts.ranking_quarter
join staging.stg_registry__peer_groups using (industry_id, organisation_id)
window w as (partition by peer_group_id, platform, quarter, metric);

create or replace table marts.target_quarter as
select industry_id, organisation_id, account_id, platform, quarter, metric, value, target_value,
    by_date, start_value, 100 * (value - start_value) / (target_value - start_value)
        as progress_pct, 'ok' as progress_status, false as is_preliminary
from (select *, first_value(value) over (partition by account_id, metric order by quarter)
        as start_value
      from marts.ranking_quarter
      join staging.stg_registry__targets using (organisation_id, platform, metric));
"""
