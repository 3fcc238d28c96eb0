"""What can go wrong between us and a platform, and what follows from it.

Belongs here: the kinds of failure, whether each is tried again and how far it reaches, and the
redaction that every message passes through. Does not belong here: how a platform spells a failure
(`platforms/` decides that on the platform's own codes) or how often it is tried (`http.py`).
"""

from __future__ import annotations

import base64
import errno
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "[hidden]"
"""What stands in a message where a secret stood."""

_SECRET_PARAMETER = re.compile(
    r"""(?ix) \b (access_token|refresh_token|client_secret|app_?secret(?:_?proof)?|appsecret_proof
        |api_?key|key|token|password|secret|authorization|x-goog-api-key)
        (["']?\s*[=:]\s*["']?) (?:(?:Bearer|Basic)\s+)? (?!\[hidden\]) [^\s&"',;)}]+"""
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+(?!\[hidden\])[A-Za-z0-9._~+/=-]{6,}")
_USERINFO = re.compile(r"(?i)(https?://)[^/\s@]+@")


def redact(text: object, secrets: Iterable[str] = ()) -> str:
    """Return `text` with every secret hidden, by value and by pattern.

    Args:
        text: What somebody is about to read; turned into a string.
        secrets: Values to hide wherever they stand, plain, URL-encoded or base64. Values shorter
            than four characters are ignored: hiding them would blank out ordinary words.
    """
    clean = str(text)
    for secret in sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True):  # noqa: PLR2004
        encoded = base64.b64encode(secret.encode()).decode()
        for form in (secret, quote(secret, safe=""), quote_plus(secret), encoded):
            clean = clean.replace(form, HIDDEN)
    clean = _USERINFO.sub(rf"\1{HIDDEN}@", clean)
    clean = _BEARER.sub(rf"\1 {HIDDEN}", clean)
    return _SECRET_PARAMETER.sub(rf"\1\2{HIDDEN}", clean)


class Reach(StrEnum):
    """How far a failure reaches once it is not tried again."""

    ACCOUNT = "account"
    PLATFORM = "platform"


class ExtractionError(Exception):
    """A failure between us and a platform, in one line that a person can act on.

    Attributes:
        kind: Short name of the failure for counts and metadata.
        is_retried: Whether trying the same request again can help.
        reach: Whether one account fails or the platform is left alone for now.

    Args:
        what: What happened, in words, without a final stop.
        platform: Platform's name, when known.
        account: Our account id, when one account is meant.
        next_step: What the reader should do.
        secrets: Values that must not appear in the message.
    """

    kind: ClassVar[str] = "error"
    is_retried: ClassVar[bool] = False
    reach: ClassVar[Reach] = Reach.ACCOUNT

    def __init__(
        self,
        what: str,
        *,
        platform: str | None = None,
        account: str | None = None,
        next_step: str | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        hidden = tuple(secrets)
        self.what = redact(what, hidden)
        self.platform = platform
        self.account = account
        self.next_step = redact(next_step, hidden) if next_step else None
        super().__init__(self.what)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.platform, self.account) if part)
        message = f"{where}: {self.what}" if where else self.what
        return f"{message}. {self.next_step}" if self.next_step else message


class AuthError(ExtractionError):
    """The platform does not accept our credentials; every further call would fail alike."""

    kind = "auth"
    reach = Reach.PLATFORM


class MissingCredentials(ExtractionError):
    """No credentials are set: the platform is skipped, nothing is broken."""

    kind = "credentials"
    reach = Reach.PLATFORM


class PermissionDenied(ExtractionError):
    """The credentials are good but do not cover this account or field."""

    kind = "permission"


class AccountNotVisible(ExtractionError):
    """The platform does not show the account: unknown, deleted, private or blocked there."""

    kind = "not_visible"


class RequestRefused(ExtractionError):
    """The platform says our request is wrong."""

    kind = "refused"


class RateLimited(ExtractionError):
    """The platform asks for a pause.

    Attributes:
        retry_after: Seconds the platform asked for, None when it did not say.
    """

    kind = "rate_limited"
    is_retried = True
    reach = Reach.PLATFORM

    def __init__(self, what: str, *, retry_after: float | None = None, **where: str | None) -> None:
        super().__init__(what, **where)  # type: ignore[arg-type]
        self.retry_after = retry_after


class QuotaExhausted(ExtractionError):
    """A budget of calls, units or money is used up; waiting seconds does not help.

    Attributes:
        resets_at: When the platform grants a new budget (aware), None when unknown.
    """

    kind = "quota"
    reach = Reach.PLATFORM

    def __init__(
        self, what: str, *, resets_at: datetime | None = None, **where: str | None
    ) -> None:
        if resets_at is not None:
            what = f"{what}; it resets at {resets_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        super().__init__(what, **where)  # type: ignore[arg-type]
        self.resets_at = resets_at


class Transient(ExtractionError):
    """A failure of the moment: connection, time limit, 5xx, an answer that was cut short.

    Attributes:
        retry_after: Seconds the platform asked for, None when it did not say.
    """

    kind = "transient"
    is_retried = True

    def __init__(self, what: str, *, retry_after: float | None = None, **where: str | None) -> None:
        super().__init__(what, **where)  # type: ignore[arg-type]
        self.retry_after = retry_after


class PlatformUnavailable(ExtractionError):
    """Request after request failed with nothing in between: the platform is left alone."""

    kind = "unavailable"
    reach = Reach.PLATFORM


class SchemaDrift(ExtractionError):
    """The answer is whole but not shaped as documented: a field is gone or of another type."""

    kind = "schema"


class UnsafeResponse(ExtractionError):
    """The answer, or the address asked for, is one that must not be followed or read."""

    kind = "unsafe"


class DayRefused(ExtractionError):
    """The day asked for is one this source cannot answer for."""

    kind = "day"
    reach = Reach.PLATFORM


class NotStored(ExtractionError):
    """The disk is full or closed to us: what else is read would be lost, too."""

    kind = "not_stored"
    reach = Reach.PLATFORM


_CLOSED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


def not_stored(error: Exception) -> NotStored | None:
    """Return the failure that a full or closed disk stands for, None for any other error."""
    if not isinstance(error, OSError) or error.errno not in _CLOSED:
        return None
    where = f" in {error.filename}" if error.filename else ""
    return NotStored(
        f"what was read cannot be stored{where}: {error.strerror}",
        next_step="Make room or make it writable (effektanalys doctor), then run the day again.",
    )
