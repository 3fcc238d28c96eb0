"""The posts of the hand-written candidate: one a week and account, their marts computed plainly.

Belongs here: stand-ins for the marts of posts. Does not belong here: followers (`candidate.py`).
"""

from __future__ import annotations

POST_TABLES = [
    "benchmark_activity_quarter",
    "activity_industry_quarter",
    "format_mix_quarter",
    "posting_times_quarter",
    "benchmark_service_quarter",
    "benchmark_audience_quarter",
    "follower_demographics_quarter",
    "metric_industry_quarter",
    "peers_quarter",
]

POSTS = """
create table staging.stg_lake__posts as
select account_id, platform, 'p' || row_number() over (order by account_id, observed_at) as post_id,
    observed_at - interval 1 hour as published_at, observed_date, observed_at, extracted_at,
    if(day(observed_date) % 2 = 0, 'image', 'text') as kind, 'words' as text,
    cast(null as varchar) as permalink, 10 + day(observed_date) as reactions_count,
    2::bigint as comments_count, 1::bigint as shares_count, 0::bigint as quotes_count,
    cast(null as boolean) as is_boosted, false as is_repost, false as is_deleted
from staging.stg_lake__profile_snapshots;

create temp table settled as
select posts.*, members.industry_id, accounts.organisation_id, quarters.quarter
from staging.stg_lake__posts as posts
join quarters on posts.observed_date between quarters.first_day and quarters.last_day
join staging.stg_registry__accounts as accounts using (account_id)
join staging.stg_registry__memberships as members using (organisation_id);

create table marts.benchmark_activity_quarter as
select *, lag(post_count) over (partition by account_id order by quarter) as post_count_previous,
    'ok' as activity_status, false as is_preliminary
from (select industry_id, organisation_id, account_id, platform, quarter, count(*) as post_count
      from settled group by all);

create table marts.activity_industry_quarter as
select industry_id, platform, quarter, count(*) as account_count,
    count(post_count) as measured_account_count, sum(post_count)::bigint as post_count,
    false as is_preliminary
from marts.benchmark_activity_quarter group by all;

create table marts.format_mix_quarter as
select *, 100.0::double * post_count / sum(post_count) over (partition by account_id, quarter)
        as post_share_pct, false as is_preliminary
from (select industry_id, account_id, platform, quarter, kind, count(*) as post_count
      from settled group by all);

create table marts.posting_times_quarter as
select 'industry' as scope, industry_id, platform, cast(null as varchar) as account_id, quarter,
    isodow(published_at) as published_weekday, hour(published_at) as published_hour,
    count(*) as post_count, false as is_preliminary
from settled group by all;

create table marts.benchmark_service_quarter as
select industry_id, organisation_id, account_id, platform, quarter, 20::bigint as inquiry_count,
    15::bigint as answered_inquiry_count, 75.0::double as response_rate_pct,
    50.0::double as answered_24h_pct, 45.0::double as response_median_minutes,
    90.0::double as response_p90_minutes, 5.0::double as response_fastest_minutes,
    false as is_preliminary
from marts.benchmark_account_quarter;

create table marts.benchmark_audience_quarter as
select industry_id, organisation_id, account_id, platform, quarter, followers_end_count,
    10000::bigint as population_count, followers_end_count::double / 100 as penetration_pct,
    'ok' as penetration_status, false as is_preliminary
from marts.benchmark_account_quarter;

create table staging.stg_lake__follower_segments as
select accounts.account_id, accounts.platform, segments.gender, cast(null as varchar) as age,
    segments.followers_count, quarters.last_day as observed_date
from staging.stg_registry__accounts as accounts, quarters,
    (values ('women', 180), ('men', 120)) as segments (gender, followers_count)
where accounts.account_id like '%_3.bluesky';

create table marts.follower_demographics_quarter as
select facts.industry_id, facts.organisation_id, facts.account_id, facts.platform, facts.quarter,
    'gender' as dimension, segments.gender as segment,
    segments.followers_count / 3.0::double as follower_share_pct,
    300::bigint as divided_followers_count, 'ok' as demographics_status, segments.observed_date,
    false as is_preliminary
from marts.benchmark_account_quarter as facts
join quarters using (quarter)
join staging.stg_lake__follower_segments as segments
    on facts.account_id = segments.account_id and segments.observed_date = quarters.last_day;
"""

COMPARISON = """
create or replace table marts.metric_industry_quarter as
select industry_id, platform, quarter, 'all' as segment, 'all' as segment_value, metric,
    count(*) as value_count, avg(value) as value_mean, median(value) as value_median,
    quantile_cont(value, 0.1) as value_p10, quantile_cont(value, 0.25) as value_p25,
    quantile_cont(value, 0.75) as value_p75, quantile_cont(value, 0.9) as value_p90,
    false as is_preliminary
from marts.ranking_quarter group by all;
insert into marts.metric_industry_quarter
select * replace ('size_class' as segment, 'small' as segment_value)
from marts.metric_industry_quarter;

create or replace table marts.peers_quarter as
select industry_id, organisation_id, account_id, platform, quarter, metric, value,
    100.0::double * (1 + max(rank) over w - rank) / count(*) over w as percentile_pct,
    false as is_preliminary
from marts.ranking_quarter
window w as (partition by industry_id, platform, quarter, metric);
"""
