"""Bluesky through the public AppView: keyless, exact counts, only the present.

Profiles come 25 a call; unknown actors are left out of the answer, so each one missing is asked
for alone before it is called not visible. Accounts are keyed on their `did`; handles change.
An account labelled `!no-unauthenticated` asks not to be shown to the logged-out: its counts are
neither kept nor published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

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
from extractors.platforms.paging import Page
from extractors.platforms.session import Outcome, Status, Target
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    Shape,
    count,
    moment,
    next_page,
    objects,
    optional_text,
    required_text,
)
from extractors.records import Platform, PostSnapshot

RE_READ = timedelta(days=35)
"""Engagement settles slowly: posts are read again until they are this old."""
PAGE_SIZE = 100
MAX_PAGES = 50
"""5,000 posts in 35 days; an account beyond that is a loop or a machine."""
NO_UNAUTHENTICATED = "!no-unauthenticated"
UNVERIFIED_HANDLE = "handle.invalid"
"""Shown in place of a handle whose domain no longer points back to the account."""

_LABEL: dict[str, Shape] = {
    **dict.fromkeys(("val", "src", "neg"), KEEP),
    **dict.fromkeys(("uri", "cid", "cts", "exp", "ver", "sig"), DROP),
}
_PROFILE: dict[str, Shape] = {
    "did": KEEP,
    "handle": KEEP,
    "displayName": KEEP,
    "followersCount": KEEP,
    "followsCount": KEEP,
    "postsCount": KEEP,
    "createdAt": KEEP,
    "indexedAt": KEEP,
    "labels": [_LABEL],
    **dict.fromkeys(
        (
            "avatar",
            "banner",
            "description",
            "pronouns",
            "website",
            "associated",
            "joinedViaStarterPack",
            "viewer",
            "pinnedPost",
            "verification",
            "status",
            "debug",
        ),
        DROP,
    ),
}
_HIDDEN_PROFILE: dict[str, Shape] = {
    name: shape if name in ("did", "handle", "labels") else DROP for name, shape in _PROFILE.items()
}
_AUTHOR: dict[str, Shape] = {**dict.fromkeys(_PROFILE, DROP), "did": KEEP, "handle": KEEP}
_EMBED: dict[str, Shape] = {
    "$type": KEEP,
    **dict.fromkeys(("images", "external", "record", "media", "cid", "playlist"), DROP),
    **dict.fromkeys(("thumbnail", "alt", "aspectRatio", "presentation"), DROP),
}
_POST: dict[str, Shape] = {
    "uri": KEEP,
    "cid": KEEP,
    "author": _AUTHOR,
    "record": {
        "$type": KEEP,
        "text": KEEP,
        "createdAt": KEEP,
        "langs": KEEP,
        **dict.fromkeys(("reply", "embed", "facets", "labels", "tags", "entities", "via"), DROP),
    },
    "embed": _EMBED,
    "replyCount": KEEP,
    "repostCount": KEEP,
    "likeCount": KEEP,
    "quoteCount": KEEP,
    "bookmarkCount": KEEP,
    "indexedAt": KEEP,
    **dict.fromkeys(("viewer", "labels", "threadgate", "debug"), DROP),
}
_REASON: dict[str, Shape] = {
    "$type": KEEP,
    "indexedAt": KEEP,
    **dict.fromkeys(("by", "uri", "cid"), DROP),
}
_UNUSED_IN_ITEM = dict.fromkeys(("reply", "feedContext", "reqId"), DROP)
_OWN_ITEM: dict[str, Shape] = {"post": _POST, "reason": _REASON, **_UNUSED_IN_ITEM}
_REPOST_ITEM: dict[str, Shape] = {**_OWN_ITEM, "post": DROP}  # somebody else wrote it
_KINDS = {
    "app.bsky.embed.images": "image",
    "app.bsky.embed.video": "video",
    "app.bsky.embed.external": "link",
    "app.bsky.embed.record": "quote",
    "app.bsky.embed.recordWithMedia": "quote",
}
_NOT_SHOWN = {
    "AccountTakedown": "the account was taken down",
    "AccountDeactivated": "the account is deactivated",
    "BlockedActor": "the account is blocked",
    "BlockedByActor": "the account is blocked",
}


class Bluesky(PlatformExtractor):
    """Reads `app.bsky.actor.getProfiles` and `app.bsky.feed.getAuthorFeed`."""

    platform = Platform.BLUESKY
    title = "Bluesky"
    streams = ("profile_snapshots", "posts")
    base_url = "https://public.api.bsky.app/xrpc"
    sandbox_path = "/bluesky/xrpc"
    batch_size = 25
    # The AppView's own number is not published; 3,000 in 5 minutes is what account servers allow.
    limits = HttpLimits(concurrency=4, rate=3000, period=300.0)
    source = "bluesky_api"
    raw_retention_days = 365

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        endpoint = "app.bsky.actor.getProfiles"
        client = await self.client()
        answer = await client.get(endpoint, [("actors", target.reference) for target in batch])
        asked = {target.reference.lower() for target in batch}
        found: dict[str, Mapping[str, object]] = {}
        for profile in objects(answer.payload, "profiles"):
            names = (optional_text(profile, "did"), optional_text(profile, "handle"))
            found |= {n.lower(): profile for n in names if n and n.lower() in asked}
        self.keep(endpoint, {"profiles": [_allowed(self, p) for p in found.values()]})
        outcomes = []
        for target in batch:
            if shown := found.get(target.reference.lower()):
                outcomes.append(self._read(target, shown))
            else:
                outcomes.append(await self._read_alone(target))
        return outcomes

    async def read_posts(self, target: Target) -> Outcome:
        """Return the account's own top-level posts of the last 35 days; see the base class."""
        now = self.session.observed_at()
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        async for page in self.pages(
            target, "feed", lambda cursor: self._read_page(target, cursor), most=MAX_PAGES
        ):
            posts |= {post.post_id: post for post in page.records}
            problems += page.problems
        recent = sorted(
            (post for post in posts.values() if post.published_at >= now - RE_READ),
            key=lambda post: (post.published_at, post.post_id),
        )
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=tuple(recent),
            problem=f"{self.name} {target.account_id}: {'; '.join(problems)}" if problems else None,
        )

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by the `error` name of an XRPC answer."""
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        name = payload.get("error")
        if not isinstance(name, str):
            return None
        words = str(payload.get("message") or name)[:200]
        if name in _NOT_SHOWN:
            return AccountNotVisible(_NOT_SHOWN[name])
        if name == "InvalidRequest" and "profile not found" in words.lower():
            return AccountNotVisible("Bluesky knows no such account")
        kinds: dict[str, type[ExtractionError]] = {
            "RateLimitExceeded": RateLimited,
            "UpstreamFailure": Transient,
            "UpstreamTimeout": Transient,
            "NotEnoughResources": Transient,
            "InternalServerError": Transient,
            "AuthMissing": AuthError,
            "AuthenticationRequired": AuthError,
            "ExpiredToken": AuthError,
            "InvalidToken": AuthError,
            "Forbidden": PermissionDenied,
            "InvalidRequest": RequestRefused,
        }
        if name in kinds:
            return kinds[name](f"answered {name}: {words}")
        return None if answer.status >= 400 else SchemaDrift(f"answered {name}: {words}")  # noqa: PLR2004

    def pause_after(self, answer: Answer) -> float | None:
        """Return the seconds until the window resets when nothing is left in it."""
        left, reset = (answer.headers.get(f"ratelimit-{h}", "") for h in ("remaining", "reset"))
        if left != "0" or not reset.isdecimal():
            return None
        return max(float(reset[:15]) - self.session.timing.now().timestamp(), 0.0)

    async def _read_alone(self, target: Target) -> Outcome:
        """Ask again for an account that a batch left out: its answer gives the reason."""
        endpoint = "app.bsky.actor.getProfile"
        client = await self.client()
        try:
            answer = await client.get(endpoint, {"actor": target.reference})
        except AccountNotVisible as error:
            return self.not_visible(target, error.what)
        profile = answer.payload if isinstance(answer.payload, Mapping) else {}
        self.keep(endpoint, _allowed(self, profile))
        if target.reference not in (profile.get("did"), profile.get("handle")):
            return self.failed(target, SchemaDrift("answered with another account"))
        return self._read(target, profile)

    def _read(self, target: Target, profile: Mapping[str, object]) -> Outcome:
        try:
            if _asks_not_to_be_shown(profile):
                reason = "the account asks not to be shown to visitors without a login"
                return self.not_visible(target, reason)
            handle = required_text(profile, "handle")
            record = self.snapshot(
                target,
                followers=count(profile, "followersCount", most=MOST_FOLLOWERS),
                following=count(profile, "followsCount"),
                posts_total=count(profile, "postsCount"),
                handle=None if handle == UNVERIFIED_HANDLE else handle,
            )
        except SchemaDrift as error:
            return self.failed(target, error)
        hidden = f"{self.name} {target.account_id}: shown without a follower count"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=(record,),
            problem=hidden if record.followers is None else None,
        )

    async def _read_page(self, target: Target, cursor: str | None) -> Page[PostSnapshot]:
        items, following = await self._feed_page(target, cursor)
        oldest = self.session.observed_at() - RE_READ
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        listed = [self._read_item(target, item, posts, problems) for item in items]
        is_past = listed and all(when and when < oldest for when in listed)
        return Page(
            items=len(items),
            following=None if is_past else following,
            records=tuple(posts.values()),
            problems=tuple(problems),
        )

    async def _feed_page(
        self, target: Target, cursor: str | None
    ) -> tuple[list[Mapping[str, object]], str | None]:
        endpoint = "app.bsky.feed.getAuthorFeed"
        params = {
            "actor": target.reference,
            "limit": str(PAGE_SIZE),
            "filter": "posts_no_replies",
            "includePins": "false",
        }
        client = await self.client()
        answer = await client.get(
            endpoint, params | ({"cursor": cursor} if cursor else {}), account=target.account_id
        )
        page = objects(answer.payload, "feed")
        kept = [
            self.known(item, _REPOST_ITEM if _is_repost(item) else _OWN_ITEM, "feed[]")
            for item in page
        ]
        following = next_page(answer.payload, "cursor")
        self.keep(endpoint, {"feed": kept, "cursor": following})
        return page, following

    def _read_item(
        self,
        target: Target,
        item: Mapping[str, object],
        posts: dict[str, PostSnapshot],
        problems: list[str],
    ) -> datetime | None:
        """Add an item's post to `posts`; return its place in the feed, None when unreadable."""
        try:
            if _is_repost(item):
                return moment(_inner(item, "reason"), "indexedAt")
            post = _inner(item, "post")
            author = _inner(post, "author")
            if target.reference not in (author.get("did"), author.get("handle")):
                return moment(post, "indexedAt")
            record = self._post(target, post)
        except SchemaDrift as error:
            problems.append(f"one post left out, {error.what}")
            return None
        posts[record.post_id] = record
        return record.published_at

    def _post(self, target: Target, post: Mapping[str, object]) -> PostSnapshot:
        uri, content = required_text(post, "uri"), _inner(post, "record")
        embed = post.get("embed")
        embedded = str(embed.get("$type", "")) if isinstance(embed, Mapping) else ""
        # The author's client writes createdAt: a date in the future is not believed, and the past
        # is, because whoever moves an archive to Bluesky did publish it then.
        published_at = min(moment(content, "createdAt"), moment(post, "indexedAt"))
        return PostSnapshot(
            account_id=target.account_id,
            post_id=uri,
            published_at=published_at,
            kind=_KINDS.get(embedded.removesuffix("#view"), "other") if embedded else "text",
            text=optional_text(content, "text"),
            permalink=f"https://bsky.app/profile/{target.reference}/post/{uri.split('/')[-1]}",
            reactions=count(post, "likeCount"),
            comments=count(post, "replyCount"),
            shares=count(post, "repostCount"),
            quotes=count(post, "quoteCount"),
            saves=count(post, "bookmarkCount"),
            **self.stamp(),  # type: ignore[arg-type]
        )


def _allowed(module: Bluesky, profile: Mapping[str, object]) -> object:
    shape = _HIDDEN_PROFILE if _asks_not_to_be_shown(profile) else _PROFILE
    return module.known(profile, shape, "profiles[]")


def _asks_not_to_be_shown(profile: Mapping[str, object]) -> bool:
    labels = profile.get("labels")
    return isinstance(labels, list) and any(
        isinstance(label, Mapping)
        and label.get("val") == NO_UNAUTHENTICATED
        and label.get("neg") is not True
        for label in labels
    )


def _is_repost(item: Mapping[str, object]) -> bool:
    reason = item.get("reason")
    return isinstance(reason, Mapping) and str(reason.get("$type", "")).endswith("#reasonRepost")


def _inner(item: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = item.get(key)
    if not isinstance(value, Mapping):
        raise SchemaDrift(f"{key} is missing")
    return value


EXTRACTOR = Bluesky
