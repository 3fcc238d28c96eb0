"""Suite of `metric_definition_changes`."""

from expectations.check import Check, always_true

TABLE = "metric_definition_changes"

CHECKS = (
    Check(
        id="definition_changes_dated",
        batch="""
            select
                platform,
                metric,
                effective_date,
                effective_date is not null and length(trim(coalesce(note, ''))) > 0 as is_told
            from marts.metric_definition_changes
        """,
        failing="not is_told",
        reason="platform || ' changed ' || metric || ', but the day or the note is missing'",
        expectations=always_true("is_told"),
    ),
)
