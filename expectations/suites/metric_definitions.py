"""Suite of `metric_definitions`."""

from expectations.check import Check, always_true

TABLE = "metric_definitions"

CHECKS = (
    Check(
        id="metrics_defined",
        batch="""
            select
                used.metric,
                bool_or(length(trim(coalesce(defined.formula, ''))) > 0) as is_defined
            from (
                select metric from marts.ranking_quarter where quarter = $quarter
                union
                select unnest($headlines) as metric
            ) as used
            left join marts.metric_definitions as defined
                on used.metric = defined.metric
            group by used.metric
        """,
        failing="not is_defined",
        reason="'metric ' || metric || ' is published but has no formula in metric_definitions'",
        expectations=always_true("is_defined"),
    ),
)
