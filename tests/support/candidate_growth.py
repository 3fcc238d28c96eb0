"""The candidate's follower growth: every month, quarter, half year and year from its own readings.

The growth is written apart from its table so that a test that alters a reading can state it anew.
"""

from __future__ import annotations

GROWTH_TABLE = """
create table marts.follower_growth (account_id varchar not null, organisation_id varchar not null,
    industry_id varchar not null, platform varchar not null, grain varchar not null,
    period varchar not null, period_start_date date, period_end_date date,
    quarter varchar not null, followers_start_count bigint,
    followers_end_count bigint, followers_year_ago_count bigint,
    follower_change_count bigint, follower_growth_pct double,
    growth_weekly_cagr_pct double, growth_yoy_pct double, growth_status varchar not null,
    yoy_status varchar not null, source varchar, origin varchar,
    is_preliminary boolean not null);
"""

GROWTH = """
create or replace temp table spans as
select quarter, quarter_start_date as first_day, quarter_end_date as last_day
from marts.dim_quarter;
create or replace temp table periods as
select 'month' as grain, strftime(first_day, '%Y-%m') as period, first_day,
    last_day(first_day) as last_day,
    year(first_day) || '-Q' || quarter(first_day) as quarter
from (select unnest(generate_series(min(first_day), max(last_day), interval 1 month))::date
    as first_day from spans)
union all select 'quarter', quarter, first_day, last_day, quarter from spans
union all select 'half_year', year(last_day) || '-H' || ceil(month(last_day) / 6)::int,
    (last_day + 1 - interval 6 month)::date, last_day, quarter
from spans where month(last_day) % 6 = 0
union all select 'year', year(last_day)::varchar, (last_day + 1 - interval 12 month)::date,
    last_day, quarter
from spans where month(last_day) = 12;
delete from marts.follower_growth;
insert into marts.follower_growth
select account_id, organisation_id, industry_id, platform, grain, period, first_day, last_day,
    quarter, start, final, null, if(start is null, null, final - start),
    if(start >= 100, 100 * (final - start)::double / start, null),
    if(start >= 100, 100 * (pow(final / start, 7 / (last_day - first_day + 1)) - 1), null), null,
    case when final is null then 'stale_end' when start is null then 'stale_start'
        when start < 100 then 'small_base' else 'ok' end,
    'stale_start', 'bluesky_api', 'sandbox', false
from (
    select *,
        (select arg_max(followers_count, observed_at) from staging.stg_lake__profile_snapshots as s
         where s.account_id = accounts.account_id
            and s.observed_date between first_day - 7 and first_day - 1) as start,
        (select arg_max(followers_count, observed_at) from staging.stg_lake__profile_snapshots as s
         where s.account_id = accounts.account_id
            and s.observed_date between last_day - 6 and last_day) as final
    from staging.stg_registry__accounts as accounts
    join staging.stg_registry__memberships as members using (organisation_id), periods
);
"""
