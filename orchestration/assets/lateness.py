"""What is late: accounts whose followers nobody has read today, a red check while it can be mended.

Belongs here: the checks and their words. A day that was not taken is gone: no platform tells
yesterday's count. So the check goes red the same evening, while four hours are left.
"""

from collections.abc import Iterator

import dagster as dg

from extractors.platforms import platforms
from orchestration.assets.transformation import lake_key
from orchestration.partitions import today
from orchestration.settings import get_settings
from orchestration.steps import unread_accounts

STREAM = "profile_snapshots"
_NAMED = 20

_PLATFORMS = [platform for platform in platforms() if STREAM in platform.streams]
_SPECS = [
    dg.AssetCheckSpec(
        name="taken_today",
        asset=lake_key(platform.name, STREAM),
        description="Every account that can be asked was asked on this local day.",
    )
    for platform in _PLATFORMS
]


class SnapshotsMissing(RuntimeError):
    """Accounts were not read today; the message names the platforms and the next step."""


@dg.multi_asset_check(specs=_SPECS, name="taken_today")
def taken_today() -> Iterator[dg.AssetCheckResult]:
    """Name every account without a reading of today, and fail the run where there are some."""
    settings, day = get_settings(), today()
    late = []
    for platform in _PLATFORMS:
        unread = unread_accounts(settings, platform.name, STREAM, day)
        if unread:
            late.append(f"{platform.name} ({len(unread)})")
        yield dg.AssetCheckResult(
            asset_key=lake_key(platform.name, STREAM),
            check_name="taken_today",
            passed=not unread,
            description=(
                f"{day}: {len(unread)} account(s) have not been read today. "
                "Start the job daily_snapshots before midnight."
                if unread
                else f"{day}: nobody who can be asked is missing."
            ),
            metadata={"day": day.isoformat(), "accounts": ", ".join(unread[:_NAMED]) or "none"},
        )
    if late:
        raise SnapshotsMissing(
            f"Not read on {day}: {', '.join(late)}. A day that is not taken is lost: start the job "
            "daily_snapshots before midnight."
        )
