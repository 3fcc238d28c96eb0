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
    cast(null as bigint) as views_count, cast(null as bigint) as saves_count,
    cast(null as bigint) as clicks_count, source, origin,
    cast(null as boolean) as is_boosted, false as is_repost, false as is_deleted
from staging.stg_lake__profile_snapshots;

create temp table settled as
select posts.*, posts.published_at at time zone 'Europe/Stockholm' as local_at,
    reactions_count + comments_count + shares_count + quotes_count as interactions_count,
    quarters.last_day - quarters.first_day + 1 as quarter_day_count, members.industry_id,
    accounts.organisation_id, quarters.quarter
from staging.stg_lake__posts as posts
join quarters on posts.observed_date between quarters.first_day and quarters.last_day
join staging.stg_registry__accounts as accounts using (account_id)
join staging.stg_registry__memberships as members using (organisation_id);

create table marts.benchmark_activity_quarter as
select *, lag(post_count) over (partition by account_id order by quarter) as post_count_previous,
    'ok' as activity_status, false as is_preliminary
from (select industry_id, organisation_id, account_id, platform, quarter, count(*) as post_count,
        count(*) / 3 as posts_per_month,
        floor(count(*) / 3 + 0.5)::bigint as posts_per_month_rounded_count,
        count(*) / max(quarter_day_count) as posts_per_day, count(*) as active_day_count,
        0::bigint as repost_count, 0::bigint as story_count,
        0::bigint as boosted_known_post_count, cast(null as double) as boosted_share_pct
      from settled group by all);

create table marts.activity_industry_quarter as
select industry_id, platform, quarter, count(*) as account_count,
    count(post_count) as measured_account_count, sum(post_count)::bigint as post_count,
    false as is_preliminary
from marts.benchmark_activity_quarter group by all;

create table marts.format_mix_quarter as
select *, 100.0::double * post_count / sum(post_count) over (partition by account_id, quarter)
        as post_share_pct, false as is_preliminary
from (select industry_id, account_id, platform, quarter, kind, count(*) as post_count,
        count(*) as measured_post_count, median(interactions_count) as interactions_median_count
      from settled group by all);

create table marts.posting_times_quarter as
select *, 100 * post_count / sum(post_count) over (
        partition by scope, industry_id, platform, account_id, quarter) as post_share_pct,
    'ok' as index_status, false as is_preliminary
from (
    select scope, industry_id, platform, if(scope = 'account', account_id, null) as account_id,
        quarter, isodow(local_at) as published_weekday, hour(local_at) as published_hour,
        count(*) as post_count, count(*) as measured_post_count,
        count(distinct account_id) as account_count,
        avg(interactions_count / median_count) as interactions_index
    from (select *, median(interactions_count) over (partition by account_id, quarter)
        as median_count from settled), unnest(['account', 'industry']) as scopes(scope)
    group by all
);

create table staging.stg_lake__inquiries as
select account_id, platform, quarter || '-' || number as inquiry_id, asked_at,
    if(number < 15, asked_at + to_minutes(5 + 6 * number), null) as first_reply_at,
    (asked_at + interval 8 day)::date as observed_date, asked_at + interval 8 day as observed_at,
    asked_at + interval 8 day as extracted_at, 'inquiries' as source
from (select account_id, platform, quarter, number, timezone('UTC',
        quarters.first_day + to_days(number) + interval 10 hour) as asked_at
      from marts.benchmark_account_quarter join quarters using (quarter),
        unnest(range(20)::integer[]) as numbers(number));

create table marts.benchmark_service_quarter as
select industry_id, organisation_id, account_id, platform, quarter, 20::bigint as inquiry_count,
    15::bigint as answered_inquiry_count, 0::bigint as open_inquiry_count,
    75.0::double as response_rate_pct,
    75.0::double as answered_24h_pct, 47.0::double as response_median_minutes,
    47.0::double as response_mean_minutes, 80.6::double as response_p90_minutes,
    5.0::double as response_fastest_minutes, 41.0::double as response_fastest_90_mean_minutes,
    40.0::double as response_business_median_minutes, 'ok' as service_status,
    'ok' as response_rate_status, 'ok' as response_time_status,
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
select *, 100.0::double * (rank() over (w order by value) - 1
        + count(*) over (partition by industry_id, platform, quarter, metric, value) / 2)
        / peer_count as percentile_pct, 'ok' as percentile_status, 'ok' as peer_mean_status,
    (peer_mean * peer_count - value) / (peer_count - 1) as other_mean, 'ok' as other_mean_status,
    'ok' as class_mean_status, false as is_preliminary
from (
    select industry_id, organisation_id, account_id, platform, quarter, metric, value,
        count(*) over w as peer_count, avg(value) over w as peer_mean, size_class,
        count(*) over (w_class) as class_peer_count, avg(value) over (w_class) as class_mean
    from marts.ranking_quarter
    join (select account_id, quarter, size_class from marts.benchmark_account_quarter)
        using (account_id, quarter)
    window w as (partition by industry_id, platform, quarter, metric),
        w_class as (partition by industry_id, platform, quarter, metric, size_class)
)
window w as (partition by industry_id, platform, quarter, metric);
"""
