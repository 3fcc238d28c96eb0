-- Who grew fastest among accounts of about the same size? The three best places of each size class
-- in the latest final quarter. The class is that of the start, so a leap does not change who is
-- compared. Only accounts whose growth is comparable take part.
select
    account.industry_id,
    account.platform,
    account.quarter,
    account.size_class,
    dense_rank() over (
        partition by account.industry_id, account.platform, account.quarter, account.size_class
        order by account.follower_growth_pct desc
    ) as place,
    organisation.name,
    round(account.follower_growth_pct, 2) as follower_growth_pct,
    round(account.follower_growth_pct_previous, 2) as follower_growth_pct_previous,
    account.followers_start_count,
    account.followers_end_count
from marts.benchmark_account_quarter as account
inner join marts.size_classes as class
    on account.size_class = class.size_class
inner join marts.dim_organisation as organisation
    on account.organisation_id = organisation.organisation_id
where
    account.growth_status = 'ok'
    and account.quarter = (
        select max(dim_quarter.quarter)
        from marts.dim_quarter
        where not dim_quarter.is_preliminary
    )
qualify place <= 3
order by account.industry_id, account.platform, class.size_class_position, place, organisation.name;
