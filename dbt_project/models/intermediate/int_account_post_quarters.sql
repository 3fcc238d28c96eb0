-- Which compared accounts had their posts and their followers measured in a quarter, and how many
-- followed them on average.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('int_account_quarters') }}
),

post_accounts as (
    select * from {{ ref('int_account_posts') }}
),

totals as (
    select * from {{ ref('int_account_totals') }}
),

-- Nobody writes down that an account posted nothing. Where posts of the industry's accounts on a
-- platform were read at all, an account that was seen otherwise and has none posted none, unless
-- its own total says otherwise: a protected account's total rises, and nobody may read its posts.
read_industries as (
    select
        account_quarters.industry_id,
        account_quarters.platform,
        account_quarters.quarter
    from account_quarters
    inner join post_accounts
        on
            account_quarters.account_id = post_accounts.account_id
            and account_quarters.quarter = post_accounts.quarter
    group by account_quarters.industry_id, account_quarters.platform, account_quarters.quarter
),

means as (
    select
        account_id,
        quarter,
        cast(sum(follower_day_count) as double) / nullif(sum(followed_day_count), 0)
            as followers_mean_count
    from {{ ref('int_account_months') }}
    group by account_id, quarter
),

final as (
    select
        account_quarters.account_id,
        account_quarters.organisation_id,
        account_quarters.industry_id,
        account_quarters.platform,
        account_quarters.quarter,
        account_quarters.quarter_start_date,
        account_quarters.quarter_end_date,
        {{ days_between(
            'account_quarters.quarter_start_date', 'account_quarters.quarter_end_date'
        ) }} + 1 as day_count,
        means.followers_mean_count,
        case
            when post_accounts.account_id is not null then 'ok'
            when totals.posts_total_last_count > totals.posts_total_first_count
                then 'not_measured'
            when read_industries.industry_id is not null and account_quarters.snapshot_count > 0
                then 'ok'
            else 'not_measured'
        end as posts_status,
        coalesce(post_accounts.origin, account_quarters.origin) as origin,
        account_quarters.is_preliminary
    from account_quarters
    left join post_accounts
        on
            account_quarters.account_id = post_accounts.account_id
            and account_quarters.quarter = post_accounts.quarter
    left join read_industries
        on
            account_quarters.industry_id = read_industries.industry_id
            and account_quarters.platform = read_industries.platform
            and account_quarters.quarter = read_industries.quarter
    left join totals
        on
            account_quarters.account_id = totals.account_id
            and account_quarters.quarter = totals.quarter
    left join means
        on
            account_quarters.account_id = means.account_id
            and account_quarters.quarter = means.quarter
)

select * from final
