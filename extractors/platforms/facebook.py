"""Facebook Pages through the Graph API: exact counts of public pages, only the present.

A page is asked for by its id; `followers_count` is its size, and `fan_count` (likes, the older
number) counts only for an account the registry declares as `page_likes`. Posts without `shares`
were never shared. A question is a visitor's comment with a question mark under one of the page's
posts; who asked and what is looked at and forgotten.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from extractors.errors import AccountNotVisible, SchemaDrift
from extractors.platforms.graph import PAGE_SIZES, PAGING, RE_READ, GraphExtractor
from extractors.platforms.paging import Page, R, in_turn
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    Shape,
    count,
    moment,
    objects,
    optional_text,
    required_text,
)
from extractors.records import Definition, Inquiry, Platform, PostSnapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from extractors.http import Answer
    from extractors.platforms.session import Outcome, Target

VERSION = "v26.0"
"""Of 2026-07-29; versions live about two years."""
MAX_PAGES = 100
MAX_COMMENT_PAGES = 50
TOKEN = "EFFEKTANALYS_FACEBOOK_ACCESS_TOKEN"  # noqa: S105 - a name
SECRET = "EFFEKTANALYS_FACEBOOK_APP_SECRET"  # noqa: S105
QUESTION_MARKS = frozenset("?\uff1f\u061f\u037e")
"""Latin, Chinese, Arabic and Greek."""

Item = Mapping[str, object]
NOBODY = "0"
"""Stands in the archive for every visitor."""

_PROFILE_FIELDS = ("id", "name", "username", "followers_count", "fan_count", "verification_status")
_POST_FIELDS = (
    *("id", "created_time", "permalink_url", "status_type", "message", "shares"),
    "reactions.summary(total_count).limit(0)",
    "comments.summary(total_count).limit(0)",
)
_ASKED_FIELDS = ("id", "created_time", "comments.filter(stream).summary(total_count).limit(0)")
_COMMENT_FIELDS = ("id", "created_time", "from{id}", "parent{id}", "message")
_SUMMARY: dict[str, Shape] = {
    "data": DROP,
    "paging": DROP,
    "summary": {
        "total_count": KEEP,
        **dict.fromkeys(("order", "can_comment", "viewer_reaction", "has_liked"), DROP),
    },
}
_POSTS: dict[str, Shape] = {
    "data": [
        {
            **dict.fromkeys(("id", "created_time", "permalink_url", "status_type"), KEEP),
            "message": KEEP,
            "shares": {"count": KEEP},
            "reactions": _SUMMARY,
            "comments": _SUMMARY,
        }
    ],
    "paging": PAGING,
}
_PROFILE: dict[str, Shape] = dict.fromkeys(_PROFILE_FIELDS, KEEP)
_COMMENTS: dict[str, Shape] = {
    "data": [
        {
            **dict.fromkeys(("id", "created_time", "message"), KEEP),
            **dict.fromkeys(("is_page", "is_question"), DROP),  # ours, see `_anonymous`
            "parent": {"id": KEEP},
            "from": {"id": KEEP, "name": DROP},
        }
    ],
    "paging": PAGING,
}
_KINDS = {
    "added_photos": "image",
    "added_video": "video",
    "shared_story": "link",
    "mobile_status_update": "text",
    "wall_post": "text",
    "created_event": "event",
}


class Facebook(GraphExtractor):
    """Reads `/{page}`, `/{page}/posts` and `/{post}/comments`."""

    platform = Platform.FACEBOOK
    title = "Facebook"
    streams = ("profile_snapshots", "posts", "inquiries")
    credentials = (TOKEN,)
    optional_credentials = (SECRET,)
    base_url = "https://graph.facebook.com"
    sandbox_path = "/facebook"
    source = "facebook_graph_api"
    raw_retention_days = 90
    version = VERSION
    token = TOKEN
    secret = SECRET

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read_profile(target) for target in batch]

    async def read_posts(self, target: Target) -> Outcome:
        """Return the page's posts of the last 35 days; see the base class."""
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        oldest = self.session.observed_at() - RE_READ
        async for page in self._feed(target, _POST_FIELDS, self._posts_of):
            posts |= {p.post_id: p for p in page.records if p.published_at >= oldest}
            problems += page.problems
        found = sorted(posts.values(), key=lambda post: (post.published_at, post.post_id))
        return self.ok(target, found, problems)

    async def read_inquiries(self, target: Target) -> Outcome:
        """Return visitors' questions under those posts, with the page's first reply to each."""
        found: list[Inquiry] = []
        problems: list[str] = []
        async for page in self._feed(target, _ASKED_FIELDS, self._questions_of):
            found += page.records
            problems += page.problems
        return self.ok(target, list({i.inquiry_id: i for i in found}.values()), problems)

    async def _read_profile(self, target: Target) -> Outcome:
        node = _node(target)
        answer = await self.with_fields(
            _PROFILE_FIELDS, lambda wanted: self.ask(node, {"fields": ",".join(wanted)}, target)
        )
        page = answer.payload if isinstance(answer.payload, Mapping) else {}
        self.keep("page", self.known(page, _PROFILE, "page"))
        if target.platform_id and required_text(page, "id") != target.platform_id:
            raise SchemaDrift("answered with another page")
        counted = "fan_count" if target.definition is Definition.PAGE_LIKES else "followers_count"
        record = self.snapshot(
            target,
            followers=count(page, counted, most=MOST_FOLLOWERS),
            handle=optional_text(page, "username"),
        )
        hidden = [f"shown without {counted}"] if record.followers is None else []
        return self.ok(target, [record], hidden)

    def _feed(
        self,
        target: Target,
        fields: Sequence[str],
        read: Callable[[Target, list[Item], list[str]], Awaitable[list[R]]],
    ) -> AsyncGenerator[Page[R]]:
        """Yield what `read` finds on the pages of the page's posts of 35 days, newest first."""
        oldest, sizes = self.session.observed_at() - RE_READ, list(PAGE_SIZES)

        async def ask(turn: dict[str, str] | None) -> Page[R]:
            params = turn or {"since": str(int(oldest.timestamp()))}
            answer = await self._page(target, f"{_node(target)}/posts", fields, params, sizes)
            self.keep("posts", self.known_page(answer.payload, _POSTS, "posts"))
            items = objects(answer.payload, "data")
            following = self.following(answer.payload)
            problems: list[str] = []
            records = await read(target, items, problems)
            is_last = not following or (items and all(_is_before(oldest, item) for item in items))
            return Page(
                items=len(items),
                following=None if is_last else params | following,
                cursor=str(sorted(following.items())),
                records=tuple(records),
                problems=tuple(problems),
            )

        return self.pages(target, "posts", ask, most=MAX_PAGES)

    async def _posts_of(
        self, target: Target, items: list[Item], problems: list[str]
    ) -> list[PostSnapshot]:
        posts = []
        for item in items:
            try:
                posts.append(self._post(target, item))
            except SchemaDrift as error:
                problems.append(f"one post left out, {error.what}")
        return posts

    async def _questions_of(
        self, target: Target, items: list[Item], problems: list[str]
    ) -> list[Inquiry]:
        """Return the questions under posts."""
        found: list[Inquiry] = []
        for item in items:
            try:
                name = required_text(item, "id")
                if _total(item, "comments") != 0:
                    found += await self._questions(target, name, problems)
            except SchemaDrift as error:
                problems.append(f"the comments of one post left out, {error.what}")
            except AccountNotVisible:
                problems.append("one post disappeared before its comments were read")
        return found

    async def _questions(self, target: Target, post: str, problems: list[str]) -> list[Inquiry]:
        """Return the questions under a post."""
        comments = [c async for c in self._comments(target, post)]
        replies = [c for c in comments if isinstance(c.get("parent"), Mapping)]
        if replies and not any("is_page" in comment for comment in comments):
            problems.append("one post left out, no comment under it shows who wrote it")
            return []
        answered: dict[str, datetime] = {}
        found = []
        for comment in comments:
            parent = comment.get("parent")
            if isinstance(parent, Mapping) and comment.get("is_page") is True:
                name, at = required_text(parent, "id"), moment(comment, "created_time")
                answered[name] = min(at, answered.get(name, at))
        for comment in comments:
            is_asked = comment.get("parent") is None and comment.get("is_page") is not True
            if not is_asked or comment["is_question"] is not True:
                continue
            name = required_text(comment, "id")
            found.append(
                Inquiry(
                    account_id=target.account_id,
                    inquiry_id=name,
                    channel="comment",
                    asked_at=moment(comment, "created_time"),
                    first_reply_at=answered.get(name),
                    **self.stamp(),  # type: ignore[arg-type]
                )
            )
        return found

    async def _comments(self, target: Target, post: str) -> AsyncGenerator[Mapping[str, object]]:
        """Yield a post's comments and replies, without who wrote them and what they say.

        `is_page` says whether the page wrote one, where the platform tells; `is_question` whether
        it asks something.
        """
        own = {target.platform_id, post.split("_", maxsplit=1)[0]}
        sizes, node = list(PAGE_SIZES), f"{quote(post, safe='')}/comments"
        seen: list[Item] = []

        async def ask(turn: dict[str, str] | None) -> Page[Inquiry]:
            params = turn or {"filter": "stream", "order": "chronological"}
            answer = await self._page(target, node, _COMMENT_FIELDS, params, sizes)
            seen[:] = [_judged(item, own) for item in objects(answer.payload, "data")]
            shown = {**answer.payload, "data": [_anonymous(item, own) for item in seen]}  # type: ignore[dict-item]
            self.keep("comments", self.known_page(shown, _COMMENTS, "comments"))
            following = self.following(answer.payload)
            return Page(
                items=len(seen),
                following=params | following if following else None,
                cursor=str(sorted(following.items())),
            )

        # Comments are looked at and forgotten: no page of them outlives the run.
        async for _ in in_turn(
            ask, most_pages=MAX_COMMENT_PAGES, store=None, account=target.account_id, name=post
        ):
            for comment in seen:
                yield comment

    async def _page(
        self,
        target: Target,
        node: str,
        fields: Sequence[str],
        params: Mapping[str, str],
        sizes: list[int],
    ) -> Answer:
        """Return a page of an edge, with fewer fields or items where the platform insists."""

        def sized(size: int, wanted: list[str]) -> dict[str, str]:
            return {**params, "fields": ",".join(wanted), "limit": str(size)}

        return await self.in_pages(
            lambda size: self.with_fields(
                fields, lambda wanted: self.ask(node, sized(size, wanted), target)
            ),
            sizes,
        )

    def _post(self, target: Target, item: Mapping[str, object]) -> PostSnapshot:
        shares = item.get("shares")
        if shares is None:
            shared = None if self.is_gone("shares") else 0
        else:
            shared = _count_of(shares, "count", "shares")
        return PostSnapshot(
            account_id=target.account_id,
            post_id=required_text(item, "id"),
            published_at=moment(item, "created_time"),
            kind=_KINDS.get(optional_text(item, "status_type") or "", "other"),
            text=optional_text(item, "message"),
            permalink=optional_text(item, "permalink_url"),
            reactions=_total(item, "reactions"),
            comments=_total(item, "comments"),
            shares=shared,
            **self.stamp(),  # type: ignore[arg-type]
        )


def _judged(comment: Mapping[str, object], own: set[str | None]) -> dict[str, object]:
    """Return a comment with what is worth knowing of its author and its text."""
    found = {name: comment[name] for name in comment if name not in ("is_page", "is_question")}
    author = comment.get("from")
    if isinstance(author, Mapping) and author.get("id") is not None:
        found["is_page"] = required_text(author, "id") in own
    text = comment.get("message")
    if text is not None and not isinstance(text, str):
        raise SchemaDrift("the words of a comment are no text")
    found["is_question"] = isinstance(text, str) and not QUESTION_MARKS.isdisjoint(text)
    return found


def _anonymous(comment: Mapping[str, object], own: set[str | None]) -> dict[str, object]:
    """Return a judged comment that would be judged the same, without its author and its words."""
    found = {name: comment[name] for name in comment if name not in ("from", "message")}
    if "is_page" in comment:
        page = next(name for name in sorted(filter(None, own)))
        found["from"] = {"id": page if comment["is_page"] else NOBODY}
    found["message"] = "?" if comment["is_question"] else ""
    return found


def _total(item: Mapping[str, object], edge: str) -> int | None:
    """Return an edge's total, None where it is not shown."""
    shown = item.get(edge)
    summary = shown.get("summary") if isinstance(shown, Mapping) else None
    return None if summary is None else _count_of(summary, "total_count", edge)


def _count_of(shown: object, key: str, where: str) -> int | None:
    if not isinstance(shown, Mapping):
        raise SchemaDrift(f"{where} holds no {key}")
    return count(shown, key)


def _is_before(oldest: datetime, item: Mapping[str, object]) -> bool:
    try:
        return moment(item, "created_time") < oldest
    except SchemaDrift:
        return False


def _node(target: Target) -> str:
    return quote(target.reference, safe="")


EXTRACTOR = Facebook
