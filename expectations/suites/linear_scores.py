"""Suite of `linear_scores`: every term divides a defined metric."""

from expectations.check import Check, always_true

TABLE = "linear_scores"

CHECKS = (
    Check(
        id="linear_scores_defined",
        batch="""
            select
                listed.metric,
                defined.metric is not null and listed.divisor > 0 as is_sound
            from marts.linear_scores as listed
            left join (select distinct metric from marts.metric_definitions) as defined
                on listed.metric = defined.metric
        """,
        failing="is_sound is distinct from true",
        reason="""
            'the seed linear_scores names ' || coalesce(metric, 'no metric')
            || ': it is not in metric_definitions, or its number is not above 0'
        """,
        expectations=always_true("is_sound"),
        minimum_rows=0,
    ),
)
