-- Which hours of the week work for an industry? Posts of these hours were answered best, measured
-- against what each account's posts usually get. Hours with fewer than five posts are left out.
select
    times.industry_id,
    times.platform,
    times.quarter,
    case times.published_weekday
        when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday' when 4 then 'Thursday'
        when 5 then 'Friday' when 6 then 'Saturday' else 'Sunday'
    end as weekday,
    times.published_hour as hour,
    round(times.interactions_index, 2) as times_the_usual,
    times.post_count,
    times.account_count
from marts.posting_times_quarter as times
where
    times.scope = 'industry'
    and times.index_status = 'ok'
qualify
    row_number() over (
        partition by times.industry_id, times.platform, times.quarter
        order by
            times.interactions_index desc, times.published_weekday asc, times.published_hour asc
    ) <= 5
order by
    times.industry_id asc, times.platform asc, times.quarter desc, times_the_usual desc, hour asc;
