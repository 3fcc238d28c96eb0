"""How the Graph API spells failures and usage: codes, subcodes, headers.

Belongs here: reading one answer. Does not belong here: what follows from it (`graph.py`).

Decisions rest on `code` and `error_subcode`: a rate limit arrives as HTTP 400 like everything else,
and texts come in the token owner's language. Three texts are read because they have no code of
their own; in another language they end as a refused request or a repeated one, never as a count.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from extractors import strict_json
from extractors.errors import (
    AccountNotVisible,
    AuthError,
    ExtractionError,
    PermissionDenied,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    Transient,
)

if TYPE_CHECKING:
    from extractors.http import Answer

PAUSE_AFTER_REFUSAL = 300.0
"""Seconds to leave a throttling platform alone when it does not say for how long."""
LONGEST_PAUSE = 600.0
"""A platform that wants to be left alone for longer has used up its grant."""

_RATE = {4, 17, 32, 341, 613, *range(80_000, 80_009)}
_AUTH = {102, 104, 190, 2500}
_PERMISSION = {10, *range(200, 300)}
_NOT_VISIBLE = {(110, 2207013), (24, 2207006)}
_UNKNOWN_ALIAS = 803
_BLOCKED = 368
_TOO_MUCH, _TEMPORARY, _PARAMETER = 1, 2, 100
_DOUBTFUL = (100, 33)
_GONE_FIELD = re.compile(r"nonexisting field \(([A-Za-z_]{1,60})\)")
_PROOF = re.compile(r"(?i)app ?secret[ _]proof")
_FEATURE = re.compile(r"(?i)Public (Content|Metadata) Access|[a-z]+_[a-z_]+' permission")


class Doubtful(AccountNotVisible):
    """The platform says the account does not exist, as it also does under load."""


class Overloaded(Transient):
    """The platform could not put the answer together."""


class TooMuchData(Overloaded):
    """The platform asks for less at once; the same request would fail again."""

    is_retried = False


class FieldGone(RequestRefused):
    """A field we ask for no longer exists; the whole request is refused for it.

    Attributes:
        field: Its name.
    """

    def __init__(self, field: str) -> None:
        super().__init__(f"no longer knows the field {field!r}")
        self.field = field


def failure(answer: Answer, *, settings: Sequence[str], now: datetime) -> ExtractionError | None:
    """Return the failure an answer stands for by its code and subcode.

    Args:
        answer: Of any endpoint.
        settings: Names of the settings that hold the credentials.
        now: Aware; pauses are counted from it.
    """
    payload = answer.payload if isinstance(answer.payload, Mapping) else {}
    error = payload.get("error")
    if not isinstance(error, Mapping):
        return None
    code, subcode = error.get("code"), error.get("error_subcode")
    text = str(error.get("message", ""))
    shown = f"{code}/{subcode}" if subcode else str(code)
    said = f"answered {shown}: {text[:200]}"
    if answer.status < 400 and not isinstance(code, int):  # noqa: PLR2004
        return SchemaDrift(said)
    if code in _RATE:
        return _throttled(said, answer, now)
    if (code, subcode) == _DOUBTFUL:
        return Doubtful("the account does not exist or is not shown to us (100/33)")
    if code == _UNKNOWN_ALIAS or (code, subcode) in _NOT_VISIBLE:
        return AccountNotVisible(f"unknown, renamed or not public ({shown})")
    return _by_code(code, text, said, settings) or _by_nature(error, answer.status, said)


def _by_code(code: object, text: str, said: str, settings: Sequence[str]) -> ExtractionError | None:
    if code in _AUTH:
        return AuthError(said, next_step=f"Check {settings[0]}: tokens expire.")
    if code == _BLOCKED:
        return AuthError(said, next_step="Meta blocks the app: see its developer dashboard.")
    if code in _PERMISSION:
        return PermissionDenied(said)
    if code == _TOO_MUCH:
        asks_for_less = "reduce the amount of data" in text.lower()
        return (TooMuchData if asks_for_less else Overloaded)(said)
    return _bad_parameter(text, said, settings) if code == _PARAMETER else None


def _by_nature(error: Mapping[str, object], status: int, said: str) -> ExtractionError:
    is_transient = error.get("code") == _TEMPORARY or error.get("is_transient") is True
    return Transient(said) if is_transient or status >= 500 else RequestRefused(said)  # noqa: PLR2004


def _bad_parameter(text: str, said: str, settings: Sequence[str]) -> ExtractionError | None:
    """Tell apart what shares code 100 without a subcode of its own."""
    if gone := _GONE_FIELD.search(text):
        return FieldGone(gone[1])
    if _PROOF.search(text):
        return AuthError(said, next_step=f"Set {settings[-1]}, or use an app token.")
    if _FEATURE.search(text):
        return PermissionDenied(said)
    return None


def _throttled(said: str, answer: Answer, now: datetime) -> ExtractionError:
    wait = usage(answer.headers).regain_seconds
    if wait > LONGEST_PAUSE:
        return QuotaExhausted(said, resets_at=now + timedelta(seconds=wait))
    return RateLimited(said, retry_after=wait or PAUSE_AFTER_REFUSAL)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the platform's headers tell: percent used, None when they tell nothing.

    `regain_seconds` is 0 unless the platform says when it will answer again.
    """

    percent: float | None = None
    regain_seconds: float = 0.0


def usage(headers: Mapping[str, str]) -> Usage:
    """Return what is used up; the business use case counts where both headers are there."""
    business = _json(headers.get("x-business-use-case-usage"))
    cases = [
        case
        for found in business.values()
        for case in (found if isinstance(found, list) else [])
        if isinstance(case, Mapping)
    ]
    counted = cases or [_json(headers.get("x-app-usage"))]
    names = ("call_count", "total_time", "total_cputime")
    percents = [number for case in counted for name in names if (number := _number(case, name))]
    zero = 0.0 if any(name in case for case in counted for name in names) else None
    minutes = [_number(case, "estimated_time_to_regain_access") or 0.0 for case in cases]
    return Usage(max(percents, default=zero), 60.0 * max(minutes, default=0.0))


def _json(text: str | None) -> Mapping[str, object]:
    try:
        found = strict_json.loads((text or "{}").encode())
    except (strict_json.NotJson, strict_json.BadJson):
        return {}
    return found if isinstance(found, Mapping) else {}


def _number(case: Mapping[str, object], name: str) -> float | None:
    value = case.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def proof(token: str, secret: str) -> str:
    """Return the `appsecret_proof` of a token: HMAC-SHA256 with the app's secret, in hex."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
