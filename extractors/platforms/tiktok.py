"""TikTok through the Research API: exact counts and videos, for approved non-commercial projects.

Accounts are asked for by user name; the API knows no other key. A token comes from the client's
key and secret and lives two hours. Every answer carries `error`, and `ok` there is success. A
project may send 1,000 requests a day (UTC): one for each profile, two or more for the videos of
35 days, since one query spans at most 30. The day's runs together stop before that line.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from extractors.budget import Budget, day_in, next_midnight
from extractors.errors import (
    HIDDEN,
    AccountNotVisible,
    AuthError,
    ExtractionError,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    Transient,
)
from extractors.http import Answer, Form, HttpLimits
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.paging import Page
from extractors.platforms.session import Outcome, Session, Status, Target
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    MOST_FOLLOWERS,
    Shape,
    count,
    objects,
    optional_text,
    required_text,
)
from extractors.records import Platform, PostSnapshot

RE_READ = timedelta(days=35)
"""Engagement settles slowly: videos are read again until they are this old."""
LONGEST_SPAN = timedelta(days=30)
"""Days one query may span; not stated in the reference, seen refused beyond."""
LATEST = 4_102_444_800
"""2100 in Unix seconds: a time beyond it is milliseconds taken for seconds."""
PAGE_SIZE = 100
MAX_PAGES = 50
DAILY_REQUESTS = 1_000
CLIENT_KEY = "EFFEKTANALYS_TIKTOK_CLIENT_KEY"
CLIENT_SECRET = "EFFEKTANALYS_TIKTOK_CLIENT_SECRET"  # noqa: S105 - the name of a setting

_USER_FIELDS = (
    "display_name",
    "is_verified",
    "follower_count",
    "following_count",
    "likes_count",
    "video_count",
)
_VIDEO_FIELDS = (
    "id",
    "create_time",
    "username",
    "video_description",
    "view_count",
    "like_count",
    "comment_count",
    "share_count",
    "favorites_count",
)
_ERROR: dict[str, Shape] = dict.fromkeys(("code", "message", "log_id"), KEEP)
_USER: dict[str, Shape] = {
    "data": {
        **dict.fromkeys(_USER_FIELDS, KEEP),
        **dict.fromkeys(("bio_description", "avatar_url", "bio_url"), DROP),
    },
    "error": _ERROR,
}
_VIDEOS: dict[str, Shape] = {
    "data": {
        "videos": [
            {
                **dict.fromkeys(_VIDEO_FIELDS, KEEP),
                **dict.fromkeys(("region_code", "music_id", "hashtag_names"), DROP),
                **dict.fromkeys(("effect_ids", "playlist_id", "voice_to_text"), DROP),
            }
        ],
        **dict.fromkeys(("cursor", "has_more", "search_id"), KEEP),
    },
    "error": _ERROR,
}
# An unknown user name is said to arrive as `invalid_params`; the reference is silent about it.
_UNKNOWN_USER = re.compile(r"(?i)\buser(s|name)?\b")
_KINDS: dict[str, type[ExtractionError]] = {
    "access_token_invalid": AuthError,
    "scope_not_authorized": AuthError,
    "scope_permission_missed": AuthError,
    "rate_limit_exceeded": RateLimited,
    "internal_error": Transient,
    "timeout": Transient,
    "invalid_params": RequestRefused,
}


class TikTok(PlatformExtractor):
    """Reads `research/user/info` and `research/video/query`."""

    platform = Platform.TIKTOK
    title = "TikTok"
    streams = ("profile_snapshots", "posts")
    credentials = (CLIENT_KEY, CLIENT_SECRET)
    base_url = "https://open.tiktokapis.com/v2/research"
    sandbox_path = "/tiktok/v2/research"
    # 600 a minute for one endpoint; no header tells what is left.
    limits = HttpLimits(concurrency=4, rate=600, period=60.0, first_wait=4.0)
    source = "tiktok_research_api"
    raw_retention_days = 15

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._token = ""
        self._refused: ExtractionError | None = None
        self._asking_for_token = asyncio.Lock()
        self._requests = session.budget(
            "requests",
            limit=DAILY_REQUESTS if session.use_limits else None,
            words=f"{DAILY_REQUESTS:,} requests a day that TikTok grants",
            period=lambda: day_in(session.timing.now(), "UTC"),
            resets_at=self._midnight,
        )

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        return [await self._read_profile(target) for target in batch]

    async def read_posts(self, target: Target) -> Outcome:
        """Return the account's videos of the last 35 days; see the base class."""
        now = self.session.observed_at()
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        for first, last in spans((now - RE_READ).date(), now.date()):
            async for page in self.pages(
                target,
                f"videos of {first} to {last}",
                partial(self._read_page, target, first, last),
                most=MAX_PAGES,
                goes_on=True,
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

    def auth_headers(self) -> Mapping[str, str]:
        """Return the token, once there is one."""
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by `error.code`; the token's endpoint has plain text in `error`."""
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        error = payload.get("error")
        if isinstance(error, str):
            words = str(payload.get("error_description") or error)[:200]
            next_step = f"Check {CLIENT_KEY} and {CLIENT_SECRET}."
            return AuthError(f"refused our credentials ({words})", next_step=next_step)
        code = error.get("code") if isinstance(error, Mapping) else None
        if not isinstance(error, Mapping) or not isinstance(code, str) or code == "ok":
            return None
        words = f"answered {code}: {str(error.get('message', ''))[:200]}"
        if code == "daily_quota_limit_exceeded":
            return self._used_up("the project's requests of the day are used up")
        if code == "invalid_params" and _UNKNOWN_USER.search(str(error.get("message", ""))):
            return AccountNotVisible("TikTok knows no such user name, or does not show it")
        if code in _KINDS:
            again = "A token lives two hours: run the day again to go on with a new one."
            return _KINDS[code](words, next_step=again if code == "access_token_invalid" else None)
        return None if answer.status >= 400 else SchemaDrift(words)  # noqa: PLR2004

    async def _read_profile(self, target: Target) -> Outcome:
        name = _username(target)
        answer = await self._ask("user/info/", _USER_FIELDS, {"username": name}, target)
        self.keep("research/user/info", self.known(answer.payload, _USER, "user"))
        user = _data(answer)
        record = self.snapshot(
            target,
            followers=count(user, "follower_count", most=MOST_FOLLOWERS),
            following=count(user, "following_count"),
            posts_total=count(user, "video_count"),
            likes_total=count(user, "likes_count"),
            handle=name,
        )
        hidden = f"{self.name} {target.account_id}: shown without a follower count"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=(record,),
            problem=hidden if record.followers is None else None,
        )

    async def _read_page(
        self, target: Target, first: date, last: date, turn: Mapping[str, object] | None
    ) -> Page[PostSnapshot]:
        items, following = await self._videos(target, first, last, turn or {})
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        for item in items:
            self._read_video(target, item, posts, problems)
        return Page(
            items=len(items),
            following=following,
            cursor=str(following["cursor"]) if following else None,
            records=tuple(posts.values()),
            problems=tuple(problems),
        )

    async def _videos(
        self, target: Target, first: date, last: date, turn: Mapping[str, object]
    ) -> tuple[list[Mapping[str, object]], dict[str, object] | None]:
        """Return a page of videos and what asks for the next one, None at the end."""
        condition = {
            "operation": "EQ",
            "field_name": "username",
            "field_values": [_username(target)],
        }
        body = {
            "query": {"and": [condition]},
            "start_date": f"{first:%Y%m%d}",
            "end_date": f"{last:%Y%m%d}",
            "max_count": PAGE_SIZE,
            **turn,
        }
        answer = await self._ask("video/query/", _VIDEO_FIELDS, body, target)
        self.keep("research/video/query", self.known(answer.payload, _VIDEOS, "videos"))
        data = _data(answer)
        page = objects(data, "videos")
        has_more = data.get("has_more")
        if has_more is None or has_more is False:
            return page, None
        if has_more is not True:
            raise SchemaDrift("does not say with yes or no whether there is more")
        cursor = count(data, "cursor")
        if cursor is None:
            raise SchemaDrift("says there is more but gives no cursor")
        search = optional_text(data, "search_id")
        return page, {"cursor": cursor} | ({"search_id": search} if search else {})

    def _read_video(
        self,
        target: Target,
        item: Mapping[str, object],
        posts: dict[str, PostSnapshot],
        problems: list[str],
    ) -> None:
        try:
            post_id = _post_id(item)
            name = optional_text(item, "username") or _username(target)
            posts[post_id] = PostSnapshot(
                account_id=target.account_id,
                post_id=post_id,
                published_at=_published_at(item),
                kind="video",
                text=optional_text(item, "video_description"),
                permalink=f"https://www.tiktok.com/@{name}/video/{post_id}",
                reactions=count(item, "like_count"),
                comments=count(item, "comment_count"),
                shares=count(item, "share_count"),
                views=count(item, "view_count"),
                definition_version=self.views_definition(),
                saves=count(item, "favorites_count"),
                **self.stamp(),  # type: ignore[arg-type]
            )
        except SchemaDrift as error:
            problems.append(f"one video left out, {error.what}")

    async def _ask(
        self, path: str, fields: Sequence[str], body: Mapping[str, object], target: Target
    ) -> Answer:
        async with self._asking_for_token:
            if self._refused:
                raise self._refused
            try:
                self._token = self._token or await self._new_token()
            except ExtractionError as error:
                self._refused = error
                raise
        client = await self.client()
        params = {"fields": ",".join(fields)}
        return await client.request("POST", path, params, body=body, account=target.account_id)

    async def _new_token(self) -> str:
        given = self.session.credentials
        client = await self.client(
            "https://open.tiktokapis.com/v2/oauth", sandbox_path="/tiktok/v2/oauth"
        )
        form = Form(
            client_key=given.get(CLIENT_KEY, ""),
            client_secret=given.get(CLIENT_SECRET, ""),
            grant_type="client_credentials",
        )
        answer = await client.request("POST", "token/", body=form)
        payload = answer.payload if isinstance(answer.payload, Mapping) else {}
        self.keep("oauth/token", {"access_token": HIDDEN})
        token = payload.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            # Nothing of the answer is shown: it may hold a token.
            raise AuthError("gave an answer without a token that a header can carry")
        return token

    def budget_for(self, address: str) -> Budget:  # noqa: ARG002 - all of them, the token's too
        """Return the day's requests."""
        return self._requests

    def _used_up(self, words: str) -> QuotaExhausted:
        return QuotaExhausted(words, resets_at=self._midnight())

    def _midnight(self) -> datetime:
        return next_midnight(self.session.timing.now(), "UTC")


def spans(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the days from `first` to `last`, both included, in pieces that one query may span."""
    while first <= last:
        end = min(first + LONGEST_SPAN - timedelta(days=1), last)
        yield first, end
        first = end + timedelta(days=1)


def _post_id(item: Mapping[str, object]) -> str:
    """Return a video's id, which TikTok gives as a number of 64 bits and as text."""
    video = item.get("id")
    if isinstance(video, int) and not isinstance(video, bool) and 0 < video < 2**63:
        return str(video)
    return required_text(item, "id")


def _published_at(item: Mapping[str, object]) -> datetime:
    seconds = count(item, "create_time", most=LATEST)
    if seconds is None:
        raise SchemaDrift("create_time is missing")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _username(target: Target) -> str:
    return (target.handle or target.reference).removeprefix("@")


def _data(answer: Answer) -> Mapping[str, object]:
    data = answer.payload.get("data") if isinstance(answer.payload, Mapping) else None
    if not isinstance(data, Mapping):
        raise SchemaDrift("gave an answer without data")
    return data


EXTRACTOR = TikTok
