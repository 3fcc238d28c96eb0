-- Who is in the growth panel of the latest final quarter, who is not, and why? Accounts outside
-- come first, each with its reason, how it was observed, and what was logged about it.
select
    account.industry_id,
    account.platform,
    account.quarter,
    organisation.name,
    account.growth_status = 'ok' as is_in_panel,
    account.growth_status,
    account.followers_start_count,
    account.followers_end_count,
    coverage.observed_day_count,
    coverage.expected_day_count,
    coverage.longest_gap_days,
    string_agg(break_log.kind || ' ' || break_log.break_date, ', ' order by break_log.break_date)
        as breaks
from marts.benchmark_account_quarter as account
inner join marts.coverage_quarter as coverage
    on
        account.account_id = coverage.account_id
        and account.quarter = coverage.quarter
inner join marts.dim_organisation as organisation
    on account.organisation_id = organisation.organisation_id
left join marts.break_log
    on
        account.account_id = break_log.account_id
        and account.quarter = break_log.quarter
where
    account.quarter = (
        select max(dim_quarter.quarter)
        from marts.dim_quarter
        where not dim_quarter.is_preliminary
    )
group by
    account.industry_id,
    account.platform,
    account.quarter,
    organisation.name,
    account.account_id,
    account.growth_status,
    account.followers_start_count,
    account.followers_end_count,
    coverage.observed_day_count,
    coverage.expected_day_count,
    coverage.longest_gap_days
order by
    is_in_panel,
    account.industry_id,
    account.platform,
    account.growth_status,
    organisation.name;
