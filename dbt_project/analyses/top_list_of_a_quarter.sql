-- Who is largest, and who climbed? The list of the latest final quarter, per industry and platform.
-- For another quarter, replace the subquery by its label, e.g. '2026-Q2'.
select
    ranking.industry_id,
    ranking.platform,
    ranking.quarter,
    ranking.rank,
    ranking.rank_previous,
    ranking.rank_change,
    organisation.name,
    account.followers_end_count,
    account.followers_end_count_previous,
    round(account.follower_growth_pct, 2) as follower_growth_pct,
    account.growth_status
from marts.ranking_quarter as ranking
inner join marts.benchmark_account_quarter as account
    on
        ranking.account_id = account.account_id
        and ranking.quarter = account.quarter
inner join marts.dim_organisation as organisation
    on ranking.organisation_id = organisation.organisation_id
where
    ranking.metric = 'followers_end_count'
    and ranking.quarter = (
        select max(dim_quarter.quarter)
        from marts.dim_quarter
        where not dim_quarter.is_preliminary
    )
order by ranking.industry_id, ranking.platform, ranking.rank, organisation.name;
