"""What the sandbox's three Graph API platforms share: tokens, errors, fields, pages, usage headers.

Belongs here: the dialect. Does not belong here: nodes and edges (`platforms/`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from extractors.sandbox.exchange import Ask, Endpoint, Refusal
from extractors.sandbox.windows import SlidingWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState

TOKEN = "sandbox"  # noqa: S105 - what the sandbox accepts
SECRET = "sandbox"  # noqa: S105
APP_TOKEN = f"{TOKEN}|{SECRET}"
USERS = 100
CALLS_AN_HOUR = 200 * USERS
MAX_LIMIT = 100
OLDEST_LIVING, NEWEST = 22, 26
_BUSINESS = "1000000000000001"
_UNSUPPORTED = (
    "Unsupported get request. Object with ID '{}' does not exist, cannot be loaded due to missing "
    "permissions, or does not support this operation."
)
_BROKEN = "An unexpected error has occurred. Please retry your request later."


def error(code: int, message: str, subcode: int | None = None, **more: object) -> dict[str, Any]:
    """Return an error body in Graph's envelope."""
    kind = "GraphMethodException" if (code, subcode) == (100, 33) else "OAuthException"
    trace = base64.urlsafe_b64encode(hashlib.sha256(message.encode()).digest()[:15]).decode()
    sub = {} if subcode is None else {"error_subcode": subcode}
    body = {"message": message, "type": kind, "code": code, **sub, **more, "fbtrace_id": trace}
    return {"error": body}


def refusal(code: int, message: str, subcode: int | None = None, status: int = 400) -> Refusal:
    """Return an error answer."""
    return Refusal(status, error(code, message, subcode))


def unsupported(node: str) -> Refusal:
    """Return the answer for an object that is not there, or not for everybody."""
    return refusal(100, _UNSUPPORTED.format(node), 33)


def error_body(status: int) -> dict[str, Any]:
    """Return Graph's words for an error of the sandbox's own making."""
    known = {
        400: (100, "Invalid parameter", None),
        401: (190, "Error validating access token: Session has expired.", 463),
        403: (10, "(#10) Application does not have permission for this action", None),
        404: (100, _UNSUPPORTED.format("0"), 33),
        429: (4, "(#4) Application request limit reached", None),
    }
    code, words, subcode = known.get(status, (2, _BROKEN, None))
    return error(code, words, subcode, is_transient=status >= 429)  # noqa: PLR2004


def check_token(request: Request, accepted: Sequence[str] = (TOKEN,)) -> str:
    """Return the token of a request, from its header or its query.

    Raises:
        Refusal: without one (104), or with one that nobody handed out (190).
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    token = given if kind in ("Bearer", "OAuth") else request.query_params.get("access_token", "")
    if not token:
        raise refusal(104, "An access token is required to request this resource.")
    if token not in accepted:
        words = "Invalid OAuth access token - Cannot parse access token"
        raise refusal(190, words, status=401)
    return token


def check_proof(request: Request, token: str) -> None:
    """Refuse a user token without the proof that the caller knows the app's secret.

    Raises:
        Refusal: without a proof, or with a wrong one.
    """
    given = request.query_params.get("appsecret_proof")
    if given is None and token == TOKEN:
        words = (
            "(#100) Pages Public Content Access requires either app secret proof or an app token"
        )
        raise refusal(100, words)
    right = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    if given is not None and not hmac.compare_digest(given, right):
        raise refusal(100, "Invalid appsecret_proof provided in the API argument")


def window() -> SlidingWindow:
    """Return the limit of an app with 100 users: 200 calls for each in any hour."""
    return SlidingWindow(CALLS_AN_HOUR, 3600)


def app_usage(state: WindowState) -> dict[str, str]:
    """Return the header that tells an app what it has used, in percent."""
    return {"x-app-usage": json.dumps(_percent(state))}


def business_usage(state: WindowState) -> dict[str, str]:
    """Return both headers; the business one also says how many minutes a refusal lasts."""
    minutes = 0 if state.allowed else max(int(state.resets_at - time.time()), 0) // 60 + 1
    case = {"type": "pages", **_percent(state), "estimated_time_to_regain_access": minutes}
    return app_usage(state) | {"x-business-use-case-usage": json.dumps({_BUSINESS: [case]})}


def _percent(state: WindowState) -> dict[str, int]:
    used = 100 * (state.limit - state.remaining) // max(state.limit, 1)
    return {"call_count": used, "total_cputime": used // 4, "total_time": used // 4}


def token_key(request: Request, _: str) -> str:
    """Return whose limit a call counts against."""
    return request.headers.get("authorization") or request.query_params.get("access_token", "")


def endpoints(
    path: str, answer: Callable[[Ask], object], accounts: Callable[[Request, Any], list[str]]
) -> Iterator[Endpoint]:
    """Yield an endpoint with and without a trailing slash, which some clients send."""

    def served(ask: Ask) -> object:
        asked = ask.request.path_params.get("version", "")
        number = asked.removeprefix("v").removesuffix(".0")
        if not number.isdigit() or int(number) > NEWEST:
            raise refusal(2500, f"Unknown path components: /{asked}")
        ask.headers["facebook-api-version"] = f"v{max(int(number), OLDEST_LIVING)}.0"
        return answer(ask)

    for ending in ("", "/"):
        yield Endpoint(path=f"/{{version}}{path}{ending}", answer=served, accounts=accounts)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field as a client asks for it: `media.after(x).limit(50){id,caption}`.

    `arguments` maps the words in between to what stands in their parentheses.
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    inner: str = ""

    @property
    def shown_as(self) -> str:
        """The key of the field in the answer."""
        return self.arguments.get("as", self.name)


def wanted(text: str) -> list[Wanted]:
    """Return the fields of a field expression, in order."""
    return [_wanted(part) for part in _split(text, ",") if part]


def _wanted(text: str) -> Wanted:
    head, brace, rest = text.partition("{")
    name, *modifiers = _split(head, ".")
    arguments = {}
    for modifier in modifiers:
        word, _, value = modifier.partition("(")
        arguments[word] = value.removesuffix(")")
    return Wanted(name, arguments, rest.removesuffix("}") if brace else "")


def _split(text: str, separator: str) -> list[str]:
    """Split outside parentheses and braces."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "({") - (sign in ")}")
        if sign == separator and depth == 0:
            parts.append("")
        elif not sign.isspace():
            parts[-1] += sign
    return parts


def chosen(
    item: Mapping[str, Any], fields: Sequence[Wanted], known: Sequence[str], node: str
) -> dict[str, Any]:
    """Return what was asked for of an item, its id always.

    Args:
        item: Key as shown -> value; absent where the platform leaves it out.
        fields: Asked for.
        known: Fields the kind of node has.
        node: Its name in messages.

    Raises:
        Refusal: for a field that no such node has; the whole request fails for it.
    """
    for one in fields:
        if one.name not in known:
            words = f"(#100) Tried accessing nonexisting field ({one.name}) on node type ({node})"
            raise refusal(100, words)
    shown = {one.shown_as: item[one.shown_as] for one in fields if one.shown_as in item}
    return shown | {"id": item["id"]} if "id" in item else shown


def page_of(
    ask: Ask, items: Sequence[Any], make: Callable[[Any], Any], default: int = 25
) -> dict[str, Any]:
    """Return a page of an edge, with a link to the next one built from the request's own address.

    Args:
        ask: The request, with `limit` and `after`.
        items: All there are.
        make: Returns an item as it is shown.
        default: Items in a page when the client does not say.

    Raises:
        Refusal: for a limit or a cursor the platform does not take.
    """
    size = limit_of(ask.param("limit"), default)
    start = start_of(ask.param("after"))
    after = cursor(start + size)
    shown = [make(item) for item in items[start : start + size]]
    data, following = ask.page(shown, after if start + size < len(items) else None)
    if not data and not following:
        return {"data": []}
    paging: dict[str, Any] = {"cursors": {"before": cursor(start), "after": following or after}}
    if following:
        query = parse_qsl(ask.request.url.query, keep_blank_values=True)
        kept = [(name, value) for name, value in query if name not in ("after", "access_token")]
        # The platform writes the caller's own token into the link.
        kept += [("access_token", check_token(ask.request, (TOKEN, APP_TOKEN)))]
        url = ask.request.url
        whole = f"{url.scheme}://{url.netloc}{url.path}"
        paging["next"] = f"{whole}?{urlencode([*kept, ('after', following)])}"
    return {"data": data, "paging": paging}


def limit_of(text: str, default: int) -> int:
    """Return a page's size.

    Raises:
        Refusal: when it is no number from 0 to 100.
    """
    if text and (not text.isdigit() or int(text) > MAX_LIMIT):
        raise refusal(100, f"(#100) limit must be a number up to {MAX_LIMIT}")
    return int(text) if text else default


def cursor(start: int) -> str:
    """Return the cursor that leads to an item by its place."""
    return base64.urlsafe_b64encode(f"QVFI{start:06}".encode()).decode()


def start_of(given: str) -> int:
    """Return the place a cursor leads to, 0 without one.

    Raises:
        Refusal: when nobody handed it out.
    """
    if not given:
        return 0
    try:
        return int(base64.urlsafe_b64decode(given).decode().removeprefix("QVFI"))
    except ValueError:
        raise refusal(100, "(#100) Invalid cursor") from None


def moment_of(text: str) -> datetime | None:
    """Return a `since` or `until`: Unix seconds or an ISO day, None without one."""
    if not text:
        return None
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return datetime.combine(date.fromisoformat(text[:10]), datetime.min.time(), UTC)
    except ValueError:
        raise refusal(100, "(#100) since and until must be times") from None


def graph_time(moment: datetime) -> str:
    """Return a time as Graph spells it: the zone without a colon."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S+0000}"
