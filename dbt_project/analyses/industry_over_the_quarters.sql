-- How did an industry develop? One line per quarter: size, growth by three yardsticks, how many
-- lost followers, and how much of the industry the figures speak for.
select
    industry_id,
    platform,
    quarter,
    account_count,
    round(coverage_pct, 1) as coverage_pct,
    followers_end_count,
    followers_end_count_previous,
    growth_account_count,
    round(follower_growth_pooled_pct, 2) as follower_growth_pooled_pct,
    round(follower_growth_mean_pct, 2) as follower_growth_mean_pct,
    round(follower_growth_median_pct, 2) as follower_growth_median_pct,
    growth_status,
    lost_followers_account_count,
    entrant_account_count,
    leaver_account_count,
    is_preliminary
from marts.benchmark_industry_quarter
order by industry_id, platform, quarter;
