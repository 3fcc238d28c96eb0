"""LinkedIn's versioned REST API for organisations, as an approved app with a member token sees it.

A call without a version is refused, a retired one answered with 426, and an allowance of the UTC
day ends in a 429 without any header. Follower statistics are served for every organisation, as if
the member administered it: gains are net and may be negative.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform
from extractors.sandbox.windows import UtcDayWindow

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.world import AccountState

TOKEN = "sandbox"  # noqa: S105 - what the sandbox accepts
DAILY_CALLS = 5_000
"""LinkedIn publishes no number; this one is ours."""
OLDEST_VERSION, NEWEST_VERSION = "202512", "202611"
URN = "urn:li:organization:"
_LIST = re.compile(r"List\(([^()]*)\)")
_RANGE = re.compile(r"start:(-?\d+),end:(-?\d+)")
_DAY = timedelta(days=1)
_REFUSED_TOKEN = {
    "status": 401,
    "serviceErrorCode": 65600,
    "code": "INVALID_ACCESS_TOKEN",
    "message": "Invalid access token",
}


def _network_size(ask: Ask) -> dict[str, Any]:
    account = _by_urn(ask, ask.request.path_params["urn"])
    if ask.param("edgeType") not in ("COMPANY_FOLLOWED_BY_MEMBER", "CompanyFollowedByMember"):
        raise _refusal(400, "Invalid value for param; edgeType")
    return ask.item(account, {"firstDegreeSize": account.followers})


def _organisations(ask: Ask) -> dict[str, Any]:
    if ask.param("q") != "vanityName":
        raise _refusal(400, "Invalid query parameters passed to request")
    account = ask.account(ask.param("vanityName"))
    found = [] if account is None else [ask.item(account, _organisation(account))]
    paging = {"start": 0, "count": 10, "links": [], "total": len(found)}
    return {"paging": paging, "elements": found}


def _lookup(ask: Ask) -> dict[str, Any]:
    asked = _LIST.fullmatch(ask.param("ids"))
    if asked is None:
        raise _refusal(400, "Invalid value type for parameter:ids expected:List")
    results, statuses, errors = {}, {}, {}
    for number in filter(None, asked[1].split(",")):
        account = ask.account(number)
        if account is None:
            statuses[number] = 404
            errors[number] = _body(404, f"Could not find organization {number}")
        else:
            results[number] = ask.item(account, _organisation(account))
            statuses[number] = 200
    return {"results": results, "statuses": statuses, "errors": errors}


def _follower_statistics(ask: Ask) -> dict[str, Any]:
    urn = ask.param("organizationalEntity")
    account = _by_urn(ask, urn)
    span = _RANGE.search(ask.param("timeIntervals"))
    element: dict[str, Any] = {"organizationalEntity": urn, "followerCountsByFunction": []}
    elements = [element]
    if span is not None:
        start, end = (datetime.fromtimestamp(int(ms) / 1000, tz=UTC) for ms in span.groups())
        if any(t != t.replace(hour=0, minute=0, second=0) for t in (start, end)) or end <= start:
            raise _refusal(400, "timeRange must hold whole days of UTC")
        days = [start + _DAY * n for n in range((end - start).days)]
        elements = [_gain(ask, account, urn, day) for day in days]
    return {"paging": {"start": 0, "count": 10, "links": []}, "elements": elements}


def _gain(ask: Ask, account: AccountState, urn: str, day: datetime) -> dict[str, Any]:
    counts = []
    for moment in (day, day + _DAY):
        state = ask.world.account(ask.platform, account.id, moment)
        counts.append((state.followers if state else None) or 0)
    return {
        "organizationalEntity": urn,
        "timeRange": {"start": _milliseconds(day), "end": _milliseconds(day + _DAY)},
        "followerGains": {"organicFollowerGain": counts[1] - counts[0], "paidFollowerGain": 0},
    }


def _organisation(account: AccountState) -> dict[str, Any]:
    return {
        "id": int(account.id) if account.id.isdecimal() else account.id,
        "vanityName": account.handle,
        "localizedName": account.name,
        "name": {
            "localized": {"sv_SE": account.name},
            "preferredLocale": {"country": "SE", "language": "sv"},
        },
        "primaryOrganizationType": "NONE",
        "locations": [],
    }


def _by_urn(ask: Ask, urn: str) -> AccountState:
    if not urn.startswith(URN):
        raise _refusal(400, "Invalid param. URN is malformed")
    account = ask.account(urn.removeprefix(URN))
    if account is None:
        raise _refusal(404, f"Could not find entity {urn}")
    return account


def _check(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refusal(401, _REFUSED_TOKEN)
    version = request.headers.get("linkedin-version")
    if not version:
        words = "A version must be present. Please specify a version by adding the version header."
        raise Refusal(400, {"status": 400, "code": "VERSION_MISSING", "message": words})
    if not OLDEST_VERSION <= version[:6] <= NEWEST_VERSION:
        words = f"Requested version {version} is not active"
        raise Refusal(426, {"status": 426, "code": "NONEXISTENT_VERSION", "message": words})


def _refusal(status: int, message: str) -> Refusal:
    return Refusal(status, _body(status, message))


def _body(status: int, message: str) -> dict[str, Any]:
    return {"serviceErrorCode": 100, "message": message, "status": status}


def _error_body(status: int) -> dict[str, Any]:
    if status == 401:  # noqa: PLR2004
        return _REFUSED_TOKEN
    if status == 426:  # noqa: PLR2004
        words = f"Requested version {OLDEST_VERSION} is not active"
        return {"status": 426, "code": "NONEXISTENT_VERSION", "message": words}
    if status == 429:  # noqa: PLR2004
        words = (
            "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
        )
        return {"serviceErrorCode": 101, "message": words, "status": 429}
    named = {
        403: "Not enough permissions to access: networkSizes.GET.NO_VERSION",
        404: "Not Found",
        500: "Internal Server Error",
    }
    return _body(status, named.get(status, "Service unavailable"))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _named(request: Request, _: object) -> list[str]:
    query = request.query_params
    given = [
        request.path_params.get("urn", ""),
        query.get("organizationalEntity", ""),
        query.get("vanityName", ""),
    ]
    listed = _LIST.fullmatch(query.get("ids", ""))
    return [g.removeprefix(URN) for g in given if g] + (listed[1].split(",") if listed else [])


PLATFORM = SandboxPlatform(
    name="linkedin",
    prefix="linkedin",
    limit=(DAILY_CALLS, 86_400),
    rate_headers=lambda _: {},
    error_body=_error_body,
    check=_check,
    window=lambda: UtcDayWindow(DAILY_CALLS),
    endpoints=(
        Endpoint(path="/rest/networkSizes/{urn}", answer=_network_size, accounts=_named),
        Endpoint(path="/rest/organizations", answer=_organisations, accounts=_named),
        Endpoint(path="/rest/organizationsLookup", answer=_lookup, accounts=_named),
        Endpoint(
            path="/rest/organizationalEntityFollowerStatistics",
            answer=_follower_statistics,
            accounts=_named,
        ),
    ),
)
