"""YouTube through the Data API v3: an API key, subscribers in three figures, only the present.

Channels come 50 a call and those YouTube does not know are simply left out. Videos are listed from
the channel's uploads, newest first, and counted 50 a call by `videos:batchGetStats`, which has
daily units of its own. Every count is a string; one that is switched off is left out, which is not
zero. A quota ends with a 403 and is filled again at midnight in Los Angeles: a run stops itself
before that line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from extractors.budget import Budget, day_in, next_midnight
from extractors.errors import AccountNotVisible, ExtractionError, SchemaDrift
from extractors.http import Answer, HttpLimits
from extractors.platforms._youtube import (
    CHANNEL,
    GONE,
    ITEM,
    THREAD,
    VIDEO,
    CommentsDisabled,
    author,
    by,
    failure,
    inner,
    is_before,
    resolution,
    take_listed,
    text_count,
    without_visitors,
)
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.paging import Page
from extractors.platforms.session import Outcome, Session, Status, Target
from extractors.platforms.shapes import (
    MOST_FOLLOWERS,
    count,
    moment,
    next_page,
    objects,
    optional_text,
    required_text,
)
from extractors.records import Definition, Inquiry, Platform, PostSnapshot, Record

RE_READ = timedelta(days=35)
"""Engagement settles slowly: videos are read again until they are this old."""
PAGE_SIZE = 50
MAX_PAGES = 100
THREADS = 100
MAX_THREAD_PAGES = 100
"""10,000 threads under one video; what lies beyond is told, not read."""
DAILY_UNITS = 10_000
QUOTA_ZONE = "America/Los_Angeles"
KEY = "EFFEKTANALYS_YOUTUBE_API_KEY"
STATS = "videos:batchGetStats"


class YouTube(PlatformExtractor):
    """Reads channels, the uploads of 35 days with their counts, and questions under them."""

    platform = Platform.YOUTUBE
    title = "YouTube"
    streams = ("profile_snapshots", "posts", "inquiries")
    credentials = (KEY,)
    base_url = "https://youtube.googleapis.com"
    sandbox_path = "/youtube"
    batch_size = 50
    limits = HttpLimits(concurrency=4)  # a daily quota, no published pace
    source = "youtube_api"
    raw_retention_days = 30

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._main, self._stats = (
            session.budget(
                f"units{what.replace(' ', '_')}",
                limit=DAILY_UNITS if session.use_limits else None,
                words=f"{DAILY_UNITS:,} units a day that YouTube grants{what}",
                period=lambda: day_in(session.timing.now(), QUOTA_ZONE),
                resets_at=self._resets_at,
            )
            for what in ("", " for counts of videos")
        )

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        by_id = {target.platform_id: target for target in batch if target.platform_id}
        found = await self._channels({"id": ",".join(by_id)}) if by_id else {}
        outcomes = []
        for target in batch:
            channel = found.get(target.platform_id or "") or await self._by_handle(target)
            if channel is None:
                outcomes.append(self.not_visible(target, GONE["channelnotfound"]))
            else:
                outcomes.append(self._profile(target, channel))
        return outcomes

    async def read_posts(self, target: Target) -> Outcome:
        """Return the videos of the last 35 days; see the base class."""
        problems: list[str] = []
        listed = await self._uploads(target, problems)
        ids = list(listed)
        posts: list[PostSnapshot] = []
        if ids:
            async for page in self.pages(
                target,
                f"counts of {len(ids)} videos from {ids[0]} to {ids[-1]}",
                lambda start: self._count(target, ids, start or 0, listed),
                most=MAX_PAGES,
            ):
                posts += page.records
                problems += page.problems
        return self._outcome(target, posts, problems)

    async def read_inquiries(self, target: Target) -> Outcome:
        """Return visitors' comment threads under those videos, with the channel's first reply."""
        problems: list[str] = []
        found: dict[str, Inquiry] = {}
        channel = await self._channel_id(target)
        for video in await self._uploads(target, problems):
            try:
                await self._threads(target, channel, video, found, problems)
            except (CommentsDisabled, AccountNotVisible):
                continue
        return self._outcome(target, list(found.values()), problems)

    def auth_headers(self) -> Mapping[str, str]:
        """Return the key; it never goes into an address."""
        return {"X-Goog-Api-Key": self.session.credentials.get(KEY, "")}

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by the reasons in `errors` and in `details`."""
        return failure(answer, key=KEY, resets_at=self._resets_at())

    def _profile(self, target: Target, channel: Mapping[str, object]) -> Outcome:
        try:
            statistics = inner(channel, "statistics")
            is_hidden = statistics.get("hiddenSubscriberCount") is True
            subscribers = text_count(statistics, "subscriberCount", most=MOST_FOLLOWERS)
            followers = None if is_hidden else subscribers
            snippet = inner(channel, "snippet")
            record = self.snapshot(
                target,
                followers=followers,
                posts_total=text_count(statistics, "videoCount"),
                views_total=text_count(statistics, "viewCount", most=10**15),
                followers_resolution=resolution(followers),
                handle=(optional_text(snippet, "customUrl") or "").removeprefix("@") or None,
            )
        except SchemaDrift as error:
            return self.failed(target, error)
        problems = [] if followers is not None else ["hides its subscribers"]
        return self._outcome(target, [replace(record, definition=Definition.SUBSCRIBERS)], problems)

    async def _by_handle(self, target: Target) -> Mapping[str, object] | None:
        if target.platform_id or not target.handle:
            return None
        found = await self._channels({"forHandle": f"@{target.handle.removeprefix('@')}"})
        return next(iter(found.values()), None)

    async def _channels(self, wanted: dict[str, str]) -> dict[str, Mapping[str, object]]:
        """Return id -> channel; an answer without `items` says that there is none."""
        parts = {"part": "snippet,statistics,contentDetails", "maxResults": str(PAGE_SIZE)}
        answer = await self._ask("channels", parts | wanted)
        body = answer.payload if isinstance(answer.payload, Mapping) else {}
        if "items" not in body and inner(body, "pageInfo").get("totalResults") == 0:
            self.keep("channels", {"pageInfo": {"totalResults": 0}})
            return {}
        channels = objects(body, "items")
        kept = [self.known(c, CHANNEL, "channels.items[]") for c in channels]
        self.keep("channels", {"items": kept})
        return {required_text(channel, "id"): channel for channel in channels}

    async def _channel_id(self, target: Target) -> str:
        if target.platform_id:
            return target.platform_id
        channel = await self._by_handle(target)
        if channel is None:
            raise AccountNotVisible(GONE["channelnotfound"])
        return required_text(channel, "id")

    async def _uploads(self, target: Target, problems: list[str]) -> dict[str, PostSnapshot]:
        """Return the videos of the last 35 days by their ids, not yet counted."""
        channel = await self._channel_id(target)
        found: dict[str, PostSnapshot] = {}
        try:
            # Nothing documents that the uploads list is the channel's id with UU for UC.
            await self._list("UU" + channel[2:], target, found, problems)
        except AccountNotVisible:
            playlist = await self._documented_uploads(channel)
            if playlist and playlist != "UU" + channel[2:]:
                await self._list(playlist, target, found, problems)
        return found

    async def _documented_uploads(self, channel_id: str) -> str | None:
        channels = await self._channels({"id": channel_id})
        if channel_id not in channels:
            raise AccountNotVisible(GONE["channelnotfound"])
        details = inner(channels[channel_id], "contentDetails")
        return optional_text(inner(details, "relatedPlaylists"), "uploads")

    async def _list(
        self,
        playlist: str,
        target: Target,
        found: dict[str, PostSnapshot],
        problems: list[str],
    ) -> None:
        async for page in self.pages(
            target,
            f"uploads {playlist}",
            lambda token: self._listed(target, playlist, token),
            most=MAX_PAGES,
            goes_on=True,
        ):
            found |= {video.post_id: video for video in page.records}
            problems += page.problems

    async def _listed(self, target: Target, playlist: str, token: str | None) -> Page[PostSnapshot]:
        oldest = self.session.observed_at() - RE_READ
        params = {"part": "snippet,contentDetails", "maxResults": str(PAGE_SIZE)}
        params |= {"playlistId": playlist} | ({"pageToken": token} if token else {})
        answer = await self._ask("playlistItems", params, target)
        items = objects(answer.payload, "items")
        kept = [self.known(item, ITEM, "playlistItems.items[]") for item in items]
        following = next_page(answer.payload, "nextPageToken")
        self.keep("playlistItems", {"items": kept, "nextPageToken": following or ""})
        found: dict[str, tuple[datetime, str | None]] = {}
        problems: list[str] = []
        are_older = [take_listed(item, oldest, found, problems) for item in items]
        videos = (
            PostSnapshot(
                account_id=target.account_id,
                post_id=name,
                published_at=at,
                kind="video",
                text=title,
                permalink=f"https://www.youtube.com/watch?v={name}",
                **self.stamp(),  # type: ignore[arg-type]
            )
            for name, (at, title) in found.items()
        )
        return Page(
            items=len(items),
            following=None if items and all(are_older) else following,
            records=tuple(videos),
            problems=tuple(problems),
        )

    async def _count(
        self, target: Target, ids: Sequence[str], start: int, listed: Mapping[str, PostSnapshot]
    ) -> Page[PostSnapshot]:
        wanted, end = ids[start : start + PAGE_SIZE], start + PAGE_SIZE
        params = {"part": "id,snippet,statistics,contentDetails", "id": ",".join(wanted)}
        answer = await self._ask(STATS, params, target)
        videos = objects(answer.payload, "items")
        kept = [self.known(video, VIDEO, "videoStats.items[]") for video in videos]
        self.keep(STATS, {"items": kept})
        posts: dict[str, PostSnapshot] = {}
        problems = []
        for video in videos:
            try:
                name, statistics = required_text(video, "id"), inner(video, "statistics")
                if name in wanted:
                    posts[name] = self._counted(listed[name], statistics)
            except SchemaDrift as error:
                problems.append(f"one video left out, {error.what}")
        if gone := len(wanted) - len(videos):
            problems.append(f"{gone} of the videos listed disappeared before they were counted")
        return Page(
            items=len(wanted),
            following=end if end < len(ids) else None,
            records=tuple(posts.values()),
            problems=tuple(problems),
        )

    def _counted(self, video: PostSnapshot, statistics: Mapping[str, object]) -> PostSnapshot:
        return replace(
            video,
            reactions=text_count(statistics, "likeCount"),
            comments=text_count(statistics, "commentCount"),
            views=text_count(statistics, "viewCount"),
            definition_version=self.views_definition(),
            **self.stamp(),  # type: ignore[arg-type]
        )

    async def _threads(
        self,
        target: Target,
        channel: str,
        video: str,
        found: dict[str, Inquiry],
        problems: list[str],
    ) -> None:
        """Read a video's threads, newest first, to the end or back to 35 days ago."""
        pages = self.pages(
            target,
            f"threads {video}",
            lambda token: self._thread_page(target, channel, video, token),
            most=MAX_THREAD_PAGES + 1,
            goes_on=True,
        )
        left = MAX_THREAD_PAGES
        async for page in pages:
            found |= {question.inquiry_id: question for question in page.records}
            problems += page.problems
            left -= 1
            if not left and page.following is not None:
                most = f"{MAX_THREAD_PAGES * THREADS:,}"
                problems.append(f"of the threads under one video only the newest {most} were read")
                break

    async def _thread_page(
        self, target: Target, channel: str, video: str, token: str | None
    ) -> Page[Inquiry]:
        oldest = self.session.observed_at() - RE_READ
        params = {"part": "snippet,replies", "videoId": video, "order": "time"}
        params |= {"maxResults": str(THREADS)} | ({"pageToken": token} if token else {})
        answer = await self._ask("commentThreads", params, target)
        threads = objects(answer.payload, "items")
        following = next_page(answer.payload, "nextPageToken")
        shown = [without_visitors(thread, channel) for thread in threads]
        kept = [self.known(thread, THREAD, "commentThreads.items[]") for thread in shown]
        self.keep("commentThreads", {"items": kept, "nextPageToken": following or ""})
        found: dict[str, Inquiry] = {}
        problems: list[str] = []
        for thread in shown:
            self._question(target, channel, thread, found, problems)
        are_older = [is_before(oldest, thread) for thread in shown]
        return Page(
            items=len(threads),
            following=None if shown and all(are_older) else following,
            records=tuple(found.values()),
            problems=tuple(problems),
        )

    def _question(
        self,
        target: Target,
        channel: str,
        thread: Mapping[str, object],
        found: dict[str, Inquiry],
        problems: list[str],
    ) -> None:
        try:
            top = inner(inner(thread, "snippet"), "topLevelComment")
            asked = inner(top, "snippet")
            if author(asked) == channel:
                return
            name = required_text(top, "id")
            replies = thread.get("replies")
            answers = objects(replies, "comments") if isinstance(replies, Mapping) else []
            own = [moment(inner(a, "snippet"), "publishedAt") for a in answers if by(channel, a)]
            if not own and (count(inner(thread, "snippet"), "totalReplyCount") or 0) > len(answers):
                problems.append("one question left out, it shows only some of its replies")
                return
            found[name] = Inquiry(
                account_id=target.account_id,
                inquiry_id=name,
                channel="comment",
                asked_at=moment(asked, "publishedAt"),
                first_reply_at=min(own, default=None),
                **self.stamp(),  # type: ignore[arg-type]
            )
        except SchemaDrift as error:
            problems.append(f"one question left out, {error.what}")

    def budget_for(self, address: str) -> Budget:
        """Return the bucket that an attempt takes a unit from."""
        return self._stats if address.endswith(STATS) else self._main

    async def _ask(
        self, endpoint: str, params: dict[str, str], target: Target | None = None
    ) -> Answer:
        client = await self.client()
        account = target.account_id if target else None
        return await client.get(f"youtube/v3/{endpoint}", params, account=account)

    def _outcome(
        self, target: Target, records: Sequence[Record], problems: Sequence[str]
    ) -> Outcome:
        words = f"{self.name} {target.account_id}: {'; '.join(problems)}"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=tuple(records),
            problem=words if problems else None,
        )

    def _resets_at(self) -> datetime:
        return next_midnight(self.session.timing.now(), QUOTA_ZONE)


EXTRACTOR = YouTube
