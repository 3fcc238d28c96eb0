"""LinkedIn: an organisation's follower count, and nothing else that a third party may see.

`networkSizes` gives the exact count of any organisation to an approved app with a member's token.
Posts and the statistics of followers and shares are for administrators only, so this module has
profiles and no posts. A count may go down: gains are net.

Every call names a monthly version of the API that lives a year or a little longer. The first call
of a run goes out alone, as a probe: a version that is gone stops LinkedIn with the constant to
change, before an allowance is spent. Of that allowance nothing is published and no header tells
what is left; when it is used up, LinkedIn is left alone until midnight UTC, by later runs too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote

from extractors.budget import Budget, day_in, next_midnight
from extractors.errors import (
    AccountNotVisible,
    AuthError,
    ExtractionError,
    PermissionDenied,
    QuotaExhausted,
    Reach,
    RequestRefused,
    SchemaDrift,
    Transient,
)
from extractors.http import Answer, HttpLimits
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.session import Outcome, Session, Status, Target
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    Shape,
    count,
    objects,
)
from extractors.records import Platform

LINKEDIN_VERSION = "202607"
"""Sent with every call. When LinkedIn retires it, put the newest one of its documentation here."""
VERSION_LIVES = timedelta(days=365)
WARN_BEFORE = timedelta(days=60)
EDGE_TYPE = "COMPANY_FOLLOWED_BY_MEMBER"
TOKEN = "EFFEKTANALYS_LINKEDIN_ACCESS_TOKEN"  # noqa: S105 - the name of a setting, not its value

_URN = "urn:li:organization:"
_SIZE: dict[str, Shape] = {"firstDegreeSize": KEEP}
_FOUND: dict[str, Shape] = {
    "elements": [
        {
            **dict.fromkeys(("id", "vanityName", "localizedName"), KEEP),
            **dict.fromkeys(("name", "primaryOrganizationType", "locations", "logoV2"), DROP),
            **dict.fromkeys(("localizedWebsite", "website", "versionTag", "coverPhotoV2"), DROP),
            **dict.fromkeys(("localizedDescription", "description", "industries"), DROP),
            **dict.fromkeys(("defaultLocale", "groups", "alternativeNames", "specialties"), DROP),
            **dict.fromkeys(("localizedSpecialties", "staffCountRange", "$URN", "created"), DROP),
            **dict.fromkeys(("foundedOn", "organizationType", "deleted", "lastModified"), DROP),
        }
    ],
    "paging": DROP,
}
# Numeric codes of refused tokens; LinkedIn does not document them, so the words count as well.
_TOKEN_CODES = {65600, 65601, 65602}
_TOKEN_WORDS = {"INVALID_ACCESS_TOKEN", "REVOKED_ACCESS_TOKEN", "EXPIRED_ACCESS_TOKEN"}
_VERSION_WORDS = {"NONEXISTENT_VERSION", "VERSION_MISSING", "INVALID_VERSION"}


class VersionRetired(ExtractionError):
    """LinkedIn no longer serves the version this program asks for; every call would fail alike."""

    kind = "version"
    reach = Reach.PLATFORM


class LinkedIn(PlatformExtractor):
    """Reads `networkSizes`; finds an organisation by its vanity name where no id is known."""

    platform = Platform.LINKEDIN
    title = "LinkedIn"
    streams = ("profile_snapshots",)
    credentials = (TOKEN,)
    base_url = "https://api.linkedin.com/rest"
    sandbox_path = "/linkedin/rest"
    limits = HttpLimits(concurrency=4)  # only a daily allowance, whose size is not published
    source = "linkedin_api"
    raw_retention_days = 30

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._probe = asyncio.Lock()
        self._is_probed = False
        self._refused: ExtractionError | None = None
        self._calls = session.budget(
            "calls",
            limit=None,
            words="calls of the day that LinkedIn grants",
            period=lambda: day_in(session.timing.now(), "UTC"),
            resets_at=self._midnight_utc,
        )

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read(target) for target in batch]

    def auth_headers(self) -> Mapping[str, str]:
        """Return the token, the version and the protocol."""
        return {
            "Authorization": f"Bearer {self.session.credentials.get(TOKEN, '')}",
            "LinkedIn-Version": LINKEDIN_VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
        }

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by `code` and `serviceErrorCode`, then by the status in the body."""
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        if answer.status < 400 and "serviceErrorCode" not in payload:  # noqa: PLR2004
            return None
        code, number = str(payload.get("code", "")), payload.get("serviceErrorCode")
        status = payload.get("status", answer.status)
        said = f"answered {code or number or status}: {str(payload.get('message', ''))[:200]}"
        if code in _VERSION_WORDS:
            status = 426
        elif code in _TOKEN_WORDS or number in _TOKEN_CODES:
            status = 401
        failures: dict[object, ExtractionError] = {
            400: RequestRefused(said),
            401: AuthError(said, next_step=f"Get a new token and set it as {TOKEN}."),
            403: PermissionDenied(said),
            404: AccountNotVisible("LinkedIn knows no such organisation"),
            426: VersionRetired(
                f"no longer serves version {LINKEDIN_VERSION} of its API ({code or status})",
                next_step="Put a version of its documentation into LINKEDIN_VERSION in "
                "extractors/platforms/linkedin.py.",
            ),
            # Never with a header that says how long.
            429: QuotaExhausted(
                "the allowance of the day is used up", resets_at=self._midnight_utc()
            ),
        }
        if isinstance(status, int) and status >= 500:  # noqa: PLR2004
            return Transient(said)
        return failures.get(status, SchemaDrift(said) if answer.status < 400 else None)  # noqa: PLR2004

    def budget_for(self, address: str) -> Budget:  # noqa: ARG002 - every one of them
        """Return the day's calls."""
        return self._calls

    async def _read(self, target: Target) -> Outcome:
        organisation = target.platform_id or await self._find(target)
        urn = _URN + organisation.removeprefix(_URN)
        path = f"networkSizes/{quote(urn, safe='')}"
        answer = await self._ask(path, {"edgeType": EDGE_TYPE}, target)
        size = answer.payload if isinstance(answer.payload, Mapping) else {}
        self.keep("networkSizes", self.known(size, _SIZE, "networkSizes"))
        if "firstDegreeSize" not in size:  # the one field asked for: without it nothing was said
            raise SchemaDrift("firstDegreeSize is missing, expected a whole number")
        followers = count(size, "firstDegreeSize", most=MOST_FOLLOWERS)
        record = self.snapshot(target, followers=followers)
        hidden = f"{self.name} {target.account_id}: shown without a follower count"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=(record,),
            problem=hidden if followers is None else None,
        )

    async def _find(self, target: Target) -> str:
        """Return the id behind a vanity name."""
        name = target.handle or ""
        answer = await self._ask("organizations", {"q": "vanityName", "vanityName": name}, target)
        found = objects(answer.payload, "elements")
        self.keep("organizations", self.known(answer.payload, _FOUND, "organizations"))
        ids = {item.get("id") for item in found if item.get("vanityName") == name}
        ids = ids or {item.get("id") for item in found}
        if not ids:
            raise AccountNotVisible("LinkedIn knows no organisation of this name")
        if len(ids) > 1:
            raise RequestRefused("several organisations have this name; give its platform_id")
        number = ids.pop()
        if isinstance(number, bool) or not isinstance(number, int):
            raise SchemaDrift("id of an organisation is no number")
        return str(number)

    async def _ask(self, path: str, params: dict[str, str], target: Target) -> Answer:
        """Ask; the first call of a run goes alone, so that a refusal costs one call."""
        client = await self.client()
        if self._is_probed:
            return await client.get(path, params, account=target.account_id)
        async with self._probe:
            if self._refused:
                raise self._refused
            if not self._is_probed:
                self._warn_of_the_version()
            try:
                return await client.get(path, params, account=target.account_id)
            except ExtractionError as error:
                self._refused = error if error.reach is Reach.PLATFORM else None
                raise
            finally:
                self._is_probed = self._refused is None

    def _warn_of_the_version(self) -> None:
        ends = version_ends(LINKEDIN_VERSION)
        if ends - WARN_BEFORE <= self.session.timing.now().date():
            self.session.notes.add(
                "linkedin version",
                f"linkedin: version {LINKEDIN_VERSION} may end from {ends} on; put a newer one "
                "into LINKEDIN_VERSION in extractors/platforms/linkedin.py",
            )

    def _midnight_utc(self) -> datetime:
        return next_midnight(self.session.timing.now(), "UTC")


def version_ends(version: str) -> date:
    """Return the first day on which LinkedIn may have retired a version.

    Raises:
        ValueError: when it is no year and month.
    """
    if not re.fullmatch(r"20\d{2}(0[1-9]|1[0-2])", version):
        raise ValueError(f"{version!r} is no version of LinkedIn; it looks like 202607")
    return date(int(version[:4]), int(version[4:]), 1) + VERSION_LIVES


EXTRACTOR = LinkedIn
