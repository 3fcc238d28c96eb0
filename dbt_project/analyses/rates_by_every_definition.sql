-- One engagement, four definitions: which one does a vendor mean? Each account's rates side by
-- side, with the number of posts they rest on.
select
    engagement.industry_id,
    engagement.platform,
    engagement.quarter,
    organisation.name,
    engagement.measured_post_count,
    round(engagement.er_post_follower_pct, 3) as per_post_at_posting,
    round(engagement.er_period_follower_pct, 3) as per_post_over_the_period,
    round(engagement.er_day_follower_pct, 3) as per_day,
    round(engagement.er_view_pct, 3) as per_view,
    round(engagement.interactions_per_1000_followers, 1) as interactions_per_1000_followers
from marts.benchmark_engagement_quarter as engagement
inner join marts.dim_organisation as organisation
    on engagement.organisation_id = organisation.organisation_id
where engagement.post_count > 0
order by
    engagement.industry_id asc, engagement.platform asc, engagement.quarter desc,
    per_post_over_the_period desc nulls last, organisation.name asc;
