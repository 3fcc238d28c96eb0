"""Which definition of a counter was in force when it was read.

Belongs here: the days on which a platform changed what a counter of ours counts, as far as records
carry it. Does not belong here: changes that only concern what is published about them (the seed
`metric_definition_changes`, which holds these days, too).
"""

from __future__ import annotations

from datetime import UTC, date, datetime

VIEWS_CHANGED: dict[str, tuple[date, ...]] = {
    # Shorts first; since 24 August 2026 a view of any format counts from the start of playback.
    "youtube": (date(2025, 3, 31), date(2026, 8, 24)),
}
"""Platform -> the first days of new definitions of views, in order."""


def views_definition(platform: str, observed_at: datetime) -> str | None:
    """Return the name of the definition of views in force, e.g. `views_since_2026-08-24`.

    Args:
        platform: Name in `records.Platform`.
        observed_at: Aware; the changes are days in UTC.

    Returns:
        `views_before_<day>` before the first change; None for a platform that is not known to
        have changed its definition.
    """
    changes = VIEWS_CHANGED.get(platform)
    if not changes:
        return None
    in_force = [day for day in changes if day <= observed_at.astimezone(UTC).date()]
    return f"views_since_{in_force[-1]}" if in_force else f"views_before_{changes[0]}"
