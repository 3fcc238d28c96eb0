"""Threads through profile discovery: exact followers of public profiles, only the present.

Profiles are asked for by user name. The answer comes flat or wrapped in `data`; both are read. Its
counts of likes, replies, reposts, quotes and views cover seven days only and are not kept: nothing
of ours holds such a count, and taken for lifetime totals they would go up and down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from extractors.errors import SchemaDrift
from extractors.platforms.graph import GraphExtractor
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    Shape,
    count,
    objects,
    optional_text,
    required_text,
)
from extractors.records import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractors.platforms.session import Outcome, Target

VERSION = "v1.0"
TOKEN = "EFFEKTANALYS_THREADS_ACCESS_TOKEN"  # noqa: S105 - a name
FIELDS = ("id", "username", "name", "is_verified", "follower_count")
"""No reference lists `id`: it is compared where it comes."""

_FLAT: dict[str, Shape] = {
    **dict.fromkeys(FIELDS, KEEP),
    **dict.fromkeys(("profile_picture_url", "biography"), DROP),
    **dict.fromkeys(("likes_count", "quotes_count", "replies_count"), DROP),
    **dict.fromkeys(("reposts_count", "views_count"), DROP),
}


class Threads(GraphExtractor):
    """Reads `profile_lookup`."""

    platform = Platform.THREADS
    title = "Threads"
    credentials = (TOKEN,)
    base_url = "https://graph.threads.net"
    sandbox_path = "/threads"
    source = "threads_api"
    raw_retention_days = 90
    version = VERSION
    token = TOKEN

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read_profile(target) for target in batch]

    async def _read_profile(self, target: Target) -> Outcome:
        name = (target.handle or target.reference).removeprefix("@")
        answer = await self.ask("profile_lookup", {"username": name}, target)
        profile = _profile(answer.payload)
        self.keep("profile_lookup", self.known(profile, _FLAT, "profile"))
        answered = required_text(profile, "username")
        platform_id = optional_text(profile, "id")
        is_other = platform_id and target.platform_id and platform_id != target.platform_id
        if is_other or answered.lower() != name.lower():
            raise SchemaDrift(f"answered {name!r} with another account")
        record = self.snapshot(
            target,
            followers=count(profile, "follower_count", most=MOST_FOLLOWERS),
            handle=answered,
        )
        hidden = ["shown without a follower count"] if record.followers is None else []
        return self.ok(target, [record], hidden)


def _profile(payload: object) -> Mapping[str, object]:
    """Return the profile of a flat or a wrapped answer.

    Raises:
        SchemaDrift: when there is not exactly one.
    """
    if not isinstance(payload, Mapping):
        raise SchemaDrift("gave an answer without a profile")
    wrapped = payload.get("data")
    if wrapped is None:
        return payload
    found = [wrapped] if isinstance(wrapped, Mapping) else objects(payload, "data")
    if len(found) != 1:
        raise SchemaDrift(f"gave {len(found)} profiles for one name")
    return found[0]


EXTRACTOR = Threads
