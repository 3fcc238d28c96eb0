"""Suite of `placement_quarter`: first, second and third places as the rankings have them."""

from expectations.check import Check, always_true

TABLE = "placement_quarter"

CHECKS = (
    Check(
        id="placements_follow_ranks",
        batch="""
            select
                coalesce(listed.industry_id, ranked.industry_id) as industry_id,
                coalesce(listed.platform, ranked.platform) as platform,
                coalesce(listed.metric, ranked.metric) as metric,
                coalesce(listed.organisation_id, ranked.organisation_id) as organisation_id,
                listed.place,
                ranked.place as ranked_place,
                coalesce(
                    listed.place = ranked.place
                    and listed.points_count = 4 - ranked.place
                    and list_contains(
                        ranked.holders, {'account_id': listed.account_id, 'value': listed.value}
                    )
                    and listed.ranked_account_count = ranked.listed_count,
                    false
                ) as follows
            from (select * from marts.placement_quarter where quarter = $quarter) as listed
            full join (
                select
                    industry_id,
                    platform,
                    metric,
                    organisation_id,
                    min(rank) as place,
                    any_value(listed_count) as listed_count,
                    list({'account_id': account_id, 'value': value}) as holders
                from (
                    select
                        *,
                        count(*) over (
                            partition by industry_id, platform, metric
                        ) as listed_count
                    from marts.ranking_quarter
                    where quarter = $quarter
                ) as rankings
                where
                    listed_count > 1
                    and rank <= 3
                    and metric in (select metric from marts.effect_lists where is_counted)
                group by industry_id, platform, metric, organisation_id
            ) as ranked
                on
                    listed.industry_id = ranked.industry_id
                    and listed.platform = ranked.platform
                    and listed.metric = ranked.metric
                    and listed.organisation_id = ranked.organisation_id
        """,
        failing="not follows",
        reason="""
            organisation_id || ' is placed ' || coalesce(place || '', 'nowhere') || ' by '
            || metric || ' on ' || platform || '; the ranking says '
            || coalesce(ranked_place || '', 'nowhere')
        """,
        expectations=always_true("follows"),
        minimum_rows=0,
    ),
)
