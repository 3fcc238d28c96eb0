"""Suite of `score_weights`: every part weighs something of a defined metric."""

from expectations.check import Check, always_true

TABLE = "score_weights"

CHECKS = (
    Check(
        id="score_weights_defined",
        batch="""
            select
                listed.metric,
                defined.metric is not null and listed.weight > 0 as is_sound
            from marts.score_weights as listed
            left join (select distinct metric from marts.metric_definitions) as defined
                on listed.metric = defined.metric
        """,
        failing="is_sound is distinct from true",
        reason="""
            'the seed score_weights names ' || coalesce(metric, 'no metric')
            || ': it is not in metric_definitions, or its number is not above 0'
        """,
        expectations=always_true("is_sound"),
    ),
)
