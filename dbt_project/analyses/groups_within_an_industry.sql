-- How do the groups within an industry compare: counties, size classes, any attribute of the
-- registry? Only groups with at least five values are shown.
select
    stats.industry_id,
    stats.platform,
    stats.quarter,
    stats.metric,
    stats.segment,
    stats.segment_value,
    stats.value_count,
    round(stats.value_median, 2) as value_median,
    round(stats.value_median_previous, 2) as value_median_previous,
    round(whole.value_median, 2) as industry_median
from marts.metric_industry_quarter as stats
inner join marts.metric_industry_quarter as whole
    on
        stats.industry_id = whole.industry_id
        and stats.platform = whole.platform
        and stats.quarter = whole.quarter
        and stats.metric = whole.metric
        and whole.segment = 'all'
where
    stats.segment <> 'all'
    and stats.statistic_status = 'ok'
order by
    stats.industry_id asc,
    stats.platform asc,
    stats.metric asc,
    stats.segment asc,
    stats.segment_value asc,
    stats.quarter desc;
