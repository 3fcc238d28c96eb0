-- The best posts of each industry in the latest quarter that has any, with their addresses. The
-- list named ratio_to_median finds what did far better than the account's usual post, whatever its
-- size.
select
    best.industry_id,
    best.platform,
    best.quarter,
    best.list,
    best.rank,
    organisation.name,
    best.published_at,
    best.kind,
    best.permalink
from marts.best_posts_quarter as best
inner join marts.dim_organisation as organisation
    on best.organisation_id = organisation.organisation_id
where best.rank <= 3
qualify
    best.quarter = max(best.quarter) over (partition by best.industry_id, best.platform)
order by best.industry_id, best.platform, best.list, best.rank, best.published_at;
