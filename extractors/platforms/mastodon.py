"""Mastodon: keyless, exact counts, and a separate server for every account's home.

Only an account's home instance is asked: what other instances hold of it is a stale copy. So the
registry names accounts as `user@instance`, every instance gets a client of its own, and whatever
one instance refuses (a pause, a closed API, an outage) fails its accounts and no others.

Posts are paged backwards by the `Link` header. `min_id` would page forwards from a day, but only
where ids carry the time, which other software that speaks this API (GoToSocial, Pleroma) does not
promise; the newest 35 days are read anew each time anyway.

`noindex` asks not to be listed: neither counts nor posts are kept. `indexable: false`, the
default of new accounts, asks that posts cannot be searched: they are counted without their text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from extractors.errors import (
    AccountNotVisible,
    ExtractionError,
    PermissionDenied,
    PlatformUnavailable,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    UnsafeResponse,
)
from extractors.http import Answer, HttpLimits, Params
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.paging import Page
from extractors.platforms.session import Outcome, Status, Target
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    PRESENT,
    Shape,
    count,
    moment,
    optional_text,
    required_text,
)
from extractors.records import Platform, PostSnapshot

RE_READ = timedelta(days=35)
"""Engagement settles slowly: posts are read again until they are this old."""
PAGE_SIZE = 40
MAX_PAGES = 125
"""5,000 posts in 35 days; an account beyond that is a loop or a machine."""

_ADDRESS = re.compile(r"([A-Za-z0-9_.-]+)@((?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+)")
_NEXT = re.compile(r"<([^>]*)>\s*;\s*rel=\"?next\"?")
_ACCOUNT: dict[str, Shape] = {
    **dict.fromkeys(("id", "username", "acct", "display_name", "created_at"), KEEP),
    **dict.fromkeys(("followers_count", "following_count", "statuses_count"), KEEP),
    **dict.fromkeys(("last_status_at", "noindex", "indexable", "limited", "suspended"), KEEP),
    **dict.fromkeys(("hide_collections", "bot", "group", "locked", "discoverable"), KEEP),
    **dict.fromkeys(("note", "url", "uri", "emojis", "roles", "role", "fields", "source"), DROP),
    **dict.fromkeys(("avatar", "avatar_static", "avatar_description"), DROP),
    **dict.fromkeys(("header", "header_static", "header_description", "memorial"), DROP),
    "moved": PRESENT,
    **dict.fromkeys(("mute_expires_at", "feature_approval", "show_media"), DROP),
    **dict.fromkeys(("show_media_replies", "show_featured", "attribution_domains"), DROP),
    **dict.fromkeys(("email_subscriptions", "collections_count"), DROP),
}
_STATUS: dict[str, Shape] = {
    **dict.fromkeys(("id", "created_at", "edited_at", "visibility", "language", "url"), KEEP),
    **dict.fromkeys(("content", "spoiler_text", "sensitive"), KEEP),
    **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), KEEP),
    "account": {**dict.fromkeys(_ACCOUNT, DROP), "id": KEEP},
    "media_attachments": [
        {
            "type": KEEP,
            **dict.fromkeys(("id", "url", "preview_url", "remote_url", "meta"), DROP),
            **dict.fromkeys(("preview_remote_url", "text_url", "description", "blurhash"), DROP),
        }
    ],
    **dict.fromkeys(("uri", "in_reply_to_id", "in_reply_to_account_id", "reblog"), DROP),
    **dict.fromkeys(("application", "mentions", "tags", "emojis", "text"), DROP),
    **dict.fromkeys(("card", "poll", "quote"), PRESENT),
    **dict.fromkeys(("quote_approval", "filtered", "pinned", "interaction"), DROP),
    **dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked"), DROP),
    **dict.fromkeys(("tagged_collections", "local_only", "interaction_policy"), DROP),
}
_WITHOUT_TEXT: dict[str, Shape] = {**_STATUS, "content": DROP, "spoiler_text": DROP}
_NOT_OURS: dict[str, Shape] = {name: KEEP if name == "id" else DROP for name in _STATUS}
_KINDS = {"image": "image", "video": "video", "gifv": "video", "audio": "audio"}


class InstanceUnavailable(ExtractionError):
    """One instance asks for a pause or fails; the others are asked on."""

    kind = "unavailable"


class Mastodon(PlatformExtractor):
    """Reads `accounts/lookup` and `accounts/{id}/statuses` of every account's home instance."""

    platform = Platform.MASTODON
    title = "Mastodon"
    streams = ("profile_snapshots", "posts")
    base_url = "https://mastodon.social/api/v1"  # each account's home takes its place
    sandbox_path = "/mastodon/api/v1"
    limits = HttpLimits(concurrency=8, rate=300, period=300.0)  # counted for each instance
    source = "mastodon_api"
    raw_retention_days = 365

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read_profile(target) for target in batch]

    async def read_posts(self, target: Target) -> Outcome:
        """Return the account's own top-level posts of the last 35 days; see the base class."""
        account = await self._lookup(target)
        shape = _WITHOUT_TEXT if account.get("indexable") is False else _STATUS
        oldest = self.session.observed_at() - RE_READ
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        async for page in self.pages(
            target,
            "statuses",
            lambda address: self._read_page(target, account, shape, address),
            most=MAX_PAGES,
        ):
            posts |= {post.post_id: post for post in page.records}
            problems += page.problems
        recent = sorted(
            (post for post in posts.values() if post.published_at >= oldest),
            key=lambda post: (post.published_at, post.post_id),
        )
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=tuple(recent),
            problem=f"{self.name} {target.account_id}: {'; '.join(problems)}" if problems else None,
        )

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by status and `error`: without the latter nobody speaks this API."""
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        words = payload.get("error")
        if not isinstance(words, str):
            if answer.status in (404, 410):
                return RequestRefused("the instance has no Mastodon API at this address")
            return None
        said = f"answered HTTP {answer.status}: {words[:200]}"
        if answer.status == 401:  # noqa: PLR2004 - closed to visitors, not a bad token: we send none
            return PermissionDenied("the instance shows accounts only to those who log in")
        if answer.status == 404:  # noqa: PLR2004
            return AccountNotVisible("its home instance knows no such account")
        if answer.status == 410:  # noqa: PLR2004
            return AccountNotVisible("its home instance has suspended or removed it")
        return SchemaDrift(said) if answer.status < 400 else None  # noqa: PLR2004

    def pause_after(self, answer: Answer) -> float | None:
        """Return the seconds until the instance's window resets when nothing is left in it."""
        if answer.headers.get("x-ratelimit-remaining") != "0":
            return None
        try:
            resets_at = datetime.fromisoformat(answer.headers.get("x-ratelimit-reset", ""))
            return max((resets_at - self.session.timing.now()).total_seconds(), 0.0)
        except (ValueError, TypeError):  # unreadable, or without a zone
            return None

    async def _read_profile(self, target: Target) -> Outcome:
        account = await self._lookup(target)
        followers = count(account, "followers_count", most=MOST_FOLLOWERS)
        if followers == 0 and account.get("hide_collections") is True:
            followers = None  # some servers write 0 where the owner hides the number
        username, instance = _address(target)
        record = self.snapshot(
            target,
            followers=followers,
            following=count(account, "following_count"),
            posts_total=count(account, "statuses_count"),
            handle=f"{optional_text(account, 'username') or username}@{instance}".lower(),
        )
        words = None
        if followers is None:
            words = "shown without a follower count"
        elif account.get("moved"):
            words = "the account has moved; give the new one in the registry as its successor"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=(record,),
            problem=f"{self.name} {target.account_id}: {words}" if words else None,
        )

    async def _lookup(self, target: Target) -> Mapping[str, object]:
        """Return the account as its home instance shows it.

        Raises:
            AccountNotVisible: also for an account that asks not to be listed.
        """
        username, instance = _address(target)
        answer = await self._ask(target, "accounts/lookup", {"acct": f"{username}@{instance}"})
        account = answer.payload
        if not isinstance(account, Mapping):
            raise SchemaDrift("gave an answer that is no account")
        is_hidden = account.get("noindex") is True or account.get("suspended") is True
        shape = {n: s for n, s in _ACCOUNT.items() if not n.endswith(("_count", "_at"))}
        if is_hidden:
            shape |= dict.fromkeys(_ACCOUNT.keys() - shape.keys(), DROP)
        kept = self.known(account, shape if is_hidden else _ACCOUNT, "account")
        self.keep("accounts/lookup", kept)
        if "@" in required_text(account, "acct"):
            raise SchemaDrift(
                f"{instance} answered with its copy of an account that lives elsewhere"
            )
        known_id = target.platform_id or ""
        if known_id.isdecimal() and account.get("id") != known_id:
            raise SchemaDrift(f"answered with another account than {known_id}")
        if account.get("suspended") is True:
            raise AccountNotVisible("its home instance has suspended it")
        if account.get("noindex") is True:
            raise AccountNotVisible("the account asks not to be listed")
        return account

    async def _ask(self, target: Target, path: str, params: Params | None) -> Answer:
        _, instance = _address(target)
        client = await self.client(f"https://{instance}/api/v1")
        try:
            return await client.get(path, params, account=target.account_id)
        except (RateLimited, PlatformUnavailable) as error:
            raise InstanceUnavailable(f"{instance}: {error.what}") from None

    async def _read_page(
        self,
        target: Target,
        account: Mapping[str, object],
        shape: Mapping[str, Shape],
        address: str | None,
    ) -> Page[PostSnapshot]:
        first = {"limit": str(PAGE_SIZE), "exclude_replies": "true", "exclude_reblogs": "true"}
        path = address or f"accounts/{required_text(account, 'id')}/statuses"
        answer = await self._ask(target, path, None if address else first)
        oldest = self.session.observed_at() - RE_READ
        items = self._page(answer, account, shape)
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        listed = [self._read_status(target, item, posts, problems) for item in items]
        is_past = listed and all(when and when < oldest for when in listed)
        following = None if is_past else _next(answer)
        return Page(
            items=len(items),
            following=following,
            cursor=_cursor(following) if following else None,
            records=tuple(posts.values()),
            problems=tuple(problems),
        )

    def _page(
        self, answer: Answer, account: Mapping[str, object], shape: Mapping[str, Shape]
    ) -> list[Mapping[str, object]]:
        page = answer.payload
        if not isinstance(page, list) or not all(isinstance(item, Mapping) for item in page):
            raise SchemaDrift("gave an answer that is no list of posts")
        own = [item for item in page if _is_own(item, account)]
        self.keep("accounts/statuses", [self._allowed(i, shape, i in own) for i in page])
        if shape is _WITHOUT_TEXT:
            return [{k: v for k, v in item.items() if k != "content"} for item in own]
        return own

    def _allowed(
        self, item: Mapping[str, object], shape: Mapping[str, Shape], is_own: bool
    ) -> object:
        if is_own:
            return self.known(item, shape, "statuses[]")
        kept = self.known(item, _NOT_OURS, "statuses[]")
        return {**kept, "reblog": True}  # type: ignore[dict-item]  # somebody else's, no more of it

    def _read_status(
        self,
        target: Target,
        item: Mapping[str, object],
        posts: dict[str, PostSnapshot],
        problems: list[str],
    ) -> datetime | None:
        """Add a post to `posts`; return when it was published, None when unreadable."""
        try:
            post_id, published_at = required_text(item, "id"), moment(item, "created_at")
            posts[post_id] = PostSnapshot(
                account_id=target.account_id,
                post_id=post_id,
                published_at=published_at,
                kind=_kind(item),
                text=_plain_text(optional_text(item, "content")),
                permalink=optional_text(item, "url"),
                reactions=count(item, "favourites_count"),
                comments=count(item, "replies_count"),
                shares=count(item, "reblogs_count"),
                quotes=count(item, "quotes_count"),
                **self.stamp(),  # type: ignore[arg-type]
            )
        except SchemaDrift as error:
            problems.append(f"one post left out, {error.what}")
            return None
        return published_at


def _address(target: Target) -> tuple[str, str]:
    """Return the user name and the home instance.

    Raises:
        AccountNotVisible: when the registry names no instance.
    """
    for name in (target.handle, target.platform_id):
        if name and (found := _ADDRESS.fullmatch(name.removeprefix("@"))):
            return found[1], found[2].lower()
    raise AccountNotVisible(
        f"the registry does not say on which instance {target.reference!r} lives; "
        "write its handle as user@instance"
    )


def _is_own(item: Mapping[str, object], account: Mapping[str, object]) -> bool:
    """Whether the account wrote it: boosts carry the account's id and somebody else's words."""
    author = item.get("account")
    wrote = not isinstance(author, Mapping) or author.get("id") == account.get("id")
    return wrote and item.get("reblog") is None


def _next(answer: Answer) -> str | None:
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else None


def _cursor(url: str) -> str:
    try:
        return parse_qs(urlsplit(url).query).get("max_id", [url])[0]
    except ValueError:
        raise UnsafeResponse("names a next page whose address cannot be read") from None


def _kind(item: Mapping[str, object]) -> str:
    media = item.get("media_attachments")
    if isinstance(media, list) and media:
        first = media[0].get("type") if isinstance(media[0], Mapping) else None
        return _KINDS.get(str(first), "other")
    for name, kind in (("poll", "poll"), ("quote", "quote"), ("card", "link")):
        if item.get(name):
            return kind
    return "text"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _plain_text(html: str | None) -> str | None:
    """Return what a reader sees of a post's HTML."""
    if html is None:
        return None
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip() or None


EXTRACTOR = Mastodon
