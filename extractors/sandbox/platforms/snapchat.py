"""Snapchat's Public Profile API, in the envelope its business APIs share.

A profile labelled `hides_subscribers` is shown without its count, as its owner may decide.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform

if TYPE_CHECKING:
    from starlette.requests import Request

TOKEN = "sandbox"  # noqa: S105 - what the sandbox accepts
HIDES_SUBSCRIBERS = "hides_subscribers"


def _public_profile(ask: Ask) -> dict[str, Any]:
    account = ask.account(ask.request.path_params["id"])
    if account is None:
        raise Refusal(404, _error_body(404))
    profile = {
        "id": account.id,
        "display_name": account.name,
        "snap_user_name": account.handle,
        "profile_tier": "TIER_PUBLIC",
        "internal_profile_category": "ORGANIZATION",
        "subscriber_count": account.followers,
    }
    if account.followers is None or HIDES_SUBSCRIBERS in account.labels:
        del profile["subscriber_count"]
    item = {"sub_request_status": "SUCCESS", "public_profile": ask.item(account, profile)}
    return {
        "request_status": "SUCCESS",
        "request_id": _request_id(f"{account.id} {ask.now}"),
        "public_profiles": [item],
    }


def _request_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _check(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refusal(401, _error_body(401))


def _error_body(status: int) -> dict[str, str]:
    named = {
        400: ("E1001", "Invalid request"),
        401: ("E3001", "Unauthorized request"),
        403: ("E3002", "Client is not on the allow-list"),
        404: ("E2003", "Resource not found"),
        429: ("E4001", "Too many requests"),
    }
    code, words = named.get(status, ("E5001", "Internal error"))
    return {
        "request_status": "ERROR",
        "request_id": _request_id(str(status)),
        "debug_message": words,
        "display_message": "We're sorry, but the requested resource is not available",
        "error_code": code,
    }


def _named(request: Request, _: object) -> list[str]:
    return [request.path_params.get("id", "")]


PLATFORM = SandboxPlatform(
    name="snapchat",
    prefix="snapchat",
    limit=(20, 1),
    rate_headers=lambda _: {},
    error_body=_error_body,
    check=_check,
    endpoints=(
        Endpoint(path="/public/v1/public_profiles/{id}", answer=_public_profile, accounts=_named),
    ),
)
