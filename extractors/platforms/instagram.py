"""Instagram through business discovery: exact counts of professional accounts, only the present.

One professional account of our own asks about others by their user name; the registry's id makes
sure that the name still belongs to the same account. Missing, personal, renamed and age-gated
accounts cannot be told apart. An owner may hide likes: then they are unknown, not zero. Media come
inside the profile, and so does the cursor to the next ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from extractors.errors import AccountNotVisible, SchemaDrift, UnsafeResponse
from extractors.platforms.graph import PAGE_SIZES, PAGING, RE_READ, GraphExtractor
from extractors.platforms.paging import Page
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
    part,
    required_text,
)
from extractors.records import Platform, PostSnapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractors.http import Answer
    from extractors.platforms.session import Outcome, Target

VERSION = "v26.0"
MAX_PAGES = 100
LARGEST_PAGE = 50
TOKEN = "EFFEKTANALYS_INSTAGRAM_ACCESS_TOKEN"  # noqa: S105 - a name
USER_ID = "EFFEKTANALYS_INSTAGRAM_USER_ID"

_NAME = re.compile(r"[^\s(){},'\"\\]{1,100}")
_CURSOR = re.compile(r"[A-Za-z0-9_=+/|:%-]{1,1000}")
"""Names and cursors become part of a field expression, where brackets have a meaning."""
_PROFILE_FIELDS = ("id", "username", "name", "followers_count", "follows_count", "media_count")
_MEDIA_FIELDS = (
    *("id", "timestamp", "media_type", "media_product_type", "permalink", "caption"),
    *("like_count", "comments_count", "view_count"),
)
_MEDIA: dict[str, Shape] = {
    "data": [dict.fromkeys(_MEDIA_FIELDS, KEEP)],
    "paging": PAGING,
}
_ANSWER: dict[str, Shape] = {
    "business_discovery": {**dict.fromkeys(_PROFILE_FIELDS, KEEP), "media": _MEDIA},
    "id": DROP,  # our own
}
_KINDS = {"IMAGE": "image", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}


class Instagram(GraphExtractor):
    """Reads `business_discovery` of our own account."""

    platform = Platform.INSTAGRAM
    title = "Instagram"
    streams = ("profile_snapshots", "posts")
    credentials = (TOKEN, USER_ID)
    base_url = "https://graph.facebook.com"
    sandbox_path = "/instagram"
    source = "instagram_graph_api"
    raw_retention_days = 90
    version = VERSION
    token = TOKEN

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read_profile(target) for target in batch]

    async def read_posts(self, target: Target) -> Outcome:
        """Return the account's media of the last 35 days; see the base class."""
        sizes = [size for size in PAGE_SIZES if size <= LARGEST_PAGE]
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        async for page in self.pages(
            target,
            "media",
            lambda after: self._read_page(target, after or "", sizes),
            most=MAX_PAGES,
        ):
            posts |= {post.post_id: post for post in page.records}
            problems += page.problems
        found = sorted(posts.values(), key=lambda post: (post.published_at, post.post_id))
        return self.ok(target, found, problems)

    async def _read_profile(self, target: Target) -> Outcome:
        answer = await self.with_fields(
            _PROFILE_FIELDS, lambda wanted: self._discover(target, ",".join(wanted))
        )
        profile = self._found(target, answer)
        record = self.snapshot(
            target,
            followers=count(profile, "followers_count", most=MOST_FOLLOWERS),
            following=count(profile, "follows_count"),
            posts_total=count(profile, "media_count"),
            handle=optional_text(profile, "username"),
        )
        hidden = ["shown without a follower count"] if record.followers is None else []
        return self.ok(target, [record], hidden)

    async def _read_page(self, target: Target, after: str, sizes: list[int]) -> Page[PostSnapshot]:
        oldest = self.session.observed_at() - RE_READ
        items, following = await self._media(target, after, sizes)
        problems: list[str] = []
        read = [self._read_item(target, item, problems) for item in items]
        is_past = read and all(post and post.published_at < oldest for post in read)
        return Page(
            items=len(items),
            following=None if is_past else following or None,
            records=tuple(post for post in read if post and post.published_at >= oldest),
            problems=tuple(problems),
        )

    async def _media(
        self, target: Target, after: str, sizes: list[int]
    ) -> tuple[list[Mapping[str, object]], str]:
        """Return a page of media, newest first, and the cursor to the next, "" at the end."""
        turn = f".after({after})" if after else ""

        async def sized(size: int) -> Answer:
            return await self.with_fields(
                _MEDIA_FIELDS,
                lambda wanted: self._discover(
                    target, f"id,username,media{turn}.limit({size}){{{','.join(wanted)}}}"
                ),
            )

        profile = self._found(target, await self.in_pages(sized, sizes))
        media = profile.get("media")
        if media is None:
            return [], ""  # left out where there is none
        page = objects(media, "data")
        following = next_page(part(part(media, "paging"), "cursors"), "after")
        if following and not _CURSOR.fullmatch(following):
            raise UnsafeResponse("gave a cursor with signs no cursor has")
        return page, following or ""

    async def _discover(self, target: Target, fields: str) -> Answer:
        name = (target.handle or target.reference).removeprefix("@")
        if not _NAME.fullmatch(name):
            raise AccountNotVisible(f"{name[:40]!r} cannot be a user name on Instagram")
        own = self.session.credentials.get(USER_ID, "")
        expression = f"business_discovery.username({name}){{{fields}}}"
        return await self.ask(own, {"fields": expression}, target)

    def _found(self, target: Target, answer: Answer) -> Mapping[str, object]:
        """Return the account an answer holds, after keeping what may be kept.

        Raises:
            SchemaDrift: when it holds none, or another one than the registry means.
        """
        self.keep("business_discovery", self.known(answer.payload, _ANSWER))
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        found = payload.get("business_discovery")
        if not isinstance(found, Mapping):
            raise SchemaDrift("gave an answer without business_discovery")
        if target.platform_id and required_text(found, "id") != target.platform_id:
            raise SchemaDrift(
                f"the name {target.handle or target.reference} belongs to another account now "
                f"(id {str(found['id'])[:40]}); correct the registry's handle or platform_id"
            )
        return found

    def _read_item(
        self, target: Target, item: Mapping[str, object], problems: list[str]
    ) -> PostSnapshot | None:
        try:
            return PostSnapshot(
                account_id=target.account_id,
                post_id=required_text(item, "id"),
                published_at=moment(item, "timestamp"),
                kind=_KINDS.get(optional_text(item, "media_type") or "", "other"),
                text=optional_text(item, "caption"),
                permalink=optional_text(item, "permalink"),
                reactions=count(item, "like_count"),
                comments=count(item, "comments_count"),
                views=count(item, "view_count"),
                definition_version=self.views_definition(),
                **self.stamp(),  # type: ignore[arg-type]
            )
        except SchemaDrift as error:
            problems.append(f"one post left out, {error.what}")
            return None


EXTRACTOR = Instagram
