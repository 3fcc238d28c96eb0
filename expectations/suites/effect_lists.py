"""Suite of `effect_lists`: every list ranks a defined metric."""

from expectations.check import Check, always_true

TABLE = "effect_lists"

CHECKS = (
    Check(
        id="effect_lists_defined",
        batch="""
            select
                listed.metric,
                defined.metric is not null and true as is_sound
            from marts.effect_lists as listed
            left join (select distinct metric from marts.metric_definitions) as defined
                on listed.metric = defined.metric
        """,
        failing="is_sound is distinct from true",
        reason="""
            'the seed effect_lists names ' || coalesce(metric, 'no metric')
            || ': it is not in metric_definitions, or its number is not above 0'
        """,
        expectations=always_true("is_sound"),
    ),
)
