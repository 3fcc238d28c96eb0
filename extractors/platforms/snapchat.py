"""Snapchat's Public Profile API: the subscriber count, where the profile shows one.

Only apps on Snapchat's allow-list may call it, and its documentation leaves open how an answer is
wrapped. So a profile is accepted in the list of an envelope, alone in one, or bare; whichever it
is, a missing `subscriber_count` is a count that the profile hides, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from extractors.errors import (
    AccountNotVisible,
    AuthError,
    ExtractionError,
    PermissionDenied,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    Transient,
)
from extractors.http import Answer, HttpLimits
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.session import Outcome, Status, Target
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    Shape,
    count,
    optional_text,
)
from extractors.records import Platform

TOKEN = "EFFEKTANALYS_SNAPCHAT_ACCESS_TOKEN"  # noqa: S105 - the name of a setting, not its value
SUCCESS = "success"

_PROFILE: dict[str, Shape] = {
    **dict.fromkeys(("id", "display_name", "snap_user_name", "subscriber_count"), KEEP),
    **dict.fromkeys(("profile_tier", "internal_profile_category", "created_at"), KEEP),
    **dict.fromkeys(("share_authorized_data_with_api_partners", "updated_at"), KEEP),
    **dict.fromkeys(("logo_urls", "bio", "website_url", "location", "snapcode"), DROP),
    **dict.fromkeys(("organization_id", "category", "subcategory", "email", "address"), DROP),
}
_ITEM: dict[str, Shape] = {
    "sub_request_status": KEEP,
    "sub_request_error_reason": KEEP,
    "sub_request_error_code": KEEP,
    "public_profile": _PROFILE,
}
_ENVELOPE: dict[str, Shape] = {
    **dict.fromkeys(("request_status", "request_id", "error_code", "debug_message"), KEEP),
    **dict.fromkeys(("display_message", "paging"), DROP),
    "public_profiles": [_ITEM],
    "public_profile": _PROFILE,
}
_NOT_FOUND = re.compile(r"(?i)not[ _]found|does not exist|no such|unknown (public )?profile")


class Snapchat(PlatformExtractor):
    """Reads `public_profiles/{profile_id}`."""

    platform = Platform.SNAPCHAT
    title = "Snapchat"
    streams = ("profile_snapshots",)
    credentials = (TOKEN,)
    base_url = "https://businessapi.snapchat.com/public/v1"
    sandbox_path = "/snapchat/public/v1"
    # Snapchat publishes no number for this API: slow enough for any.
    limits = HttpLimits(concurrency=2, rate=10, period=1.0)
    source = "snapchat_api"
    raw_retention_days = 30

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read(target) for target in batch]

    def auth_headers(self) -> Mapping[str, str]:
        """Return the token."""
        return {"Authorization": f"Bearer {self.session.credentials.get(TOKEN, '')}"}

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure of the request or of the one profile in it."""
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        item = _first(payload)
        request, profile = payload.get("request_status"), item.get("sub_request_status")
        is_fine = all(s is None or str(s).lower() == SUCCESS for s in (request, profile))
        if is_fine and answer.status < 400:  # noqa: PLR2004
            return None
        words = str(item.get("sub_request_error_reason") or payload.get("debug_message") or "")
        said = f"answered {profile or request or answer.status}: {words[:200]}".rstrip(": ")
        if _NOT_FOUND.search(words):
            return AccountNotVisible("Snapchat knows no such public profile")
        failures: dict[int, ExtractionError] = {
            400: RequestRefused(said),
            401: AuthError(said, next_step=f"Get a new token and set it as {TOKEN}."),
            403: PermissionDenied(said, next_step="Is the app on Snapchat's allow-list?"),
            404: AccountNotVisible("Snapchat knows no such public profile"),
            429: RateLimited(said),
        }
        if answer.status >= 500:  # noqa: PLR2004
            return Transient(said)
        return failures.get(answer.status, RequestRefused(said))

    async def _read(self, target: Target) -> Outcome:
        client = await self.client()
        path = f"public_profiles/{quote(target.reference, safe='')}"
        answer = await client.get(path, account=target.account_id)
        profile = self._profile(answer)
        name = profile.get("id")
        if target.platform_id and name is not None and name != target.platform_id:
            raise SchemaDrift(f"answered with another profile than {target.platform_id}")
        subscribers = count(profile, "subscriber_count", most=MOST_FOLLOWERS)
        record = self.snapshot(
            target, followers=subscribers, handle=optional_text(profile, "snap_user_name")
        )
        hidden = f"{self.name} {target.account_id}: shown without a subscriber count"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=(record,),
            problem=hidden if subscribers is None else None,
        )

    def _profile(self, answer: Answer) -> Mapping[str, object]:
        """Return the profile from whichever wrapping it came in, archived."""
        payload = answer.payload
        if not isinstance(payload, Mapping):
            raise SchemaDrift("gave an answer that is no public profile")
        is_wrapped = bool(payload.keys() & {"request_status", "public_profiles", "public_profile"})
        shape = _ENVELOPE if is_wrapped else _PROFILE
        self.keep("public_profiles", self.known(payload, shape, "answer"))
        profile = payload
        if is_wrapped:
            profile = _inner(_first(payload)) or _inner(payload) or {}
        if not profile.keys() & {"id", "snap_user_name", "subscriber_count", "display_name"}:
            raise SchemaDrift("gave an answer that is no public profile")
        return profile


def _first(payload: Mapping[str, object]) -> Mapping[str, object]:
    items = payload.get("public_profiles")
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, Mapping) else {}


def _inner(item: Mapping[str, object]) -> Mapping[str, object] | None:
    profile = item.get("public_profile")
    return profile if isinstance(profile, Mapping) else None


EXTRACTOR = Snapchat
