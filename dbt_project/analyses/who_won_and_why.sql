-- Who had the best effect in each industry in the latest final quarter, and why? Every row of the
-- winner is explained by its placements; the runners-up follow.
select
    effect.industry_id,
    effect.quarter,
    effect.effect_rank,
    effect.effect_rank_previous,
    organisation.name,
    effect.points_count,
    effect.first_place_count,
    effect.reason
from marts.effect_quarter as effect
inner join marts.dim_organisation as organisation
    on effect.organisation_id = organisation.organisation_id
where
    effect.effect_rank <= 3
    and effect.quarter = (
        select max(dim_quarter.quarter)
        from marts.dim_quarter
        where not dim_quarter.is_preliminary
    )
order by effect.industry_id, effect.effect_rank, organisation.name;
