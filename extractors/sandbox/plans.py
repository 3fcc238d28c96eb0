"""What is fixed about a generated account: its ids, its course, its posts and their questions.

Belongs here: plain functions of a seed, an account and a time, in whole numbers, so that a test can
work out any value again. Does not belong here: which organisations there are (`generated.py`).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from extractors.sandbox.world import AccountState, InquiryState, PostState

SENTENCES = (
    "Nu öppnar anmälan till höstens påhittade öppna hus.",
    "A made-up report on made-up buses is out today.",
    "Våra påhittade öppettider ändras på lördag, välkommen ändå!",
    "Read the invented minutes of an invented meeting.",
    "Tack för alla påhittade frågor på kvällens möte 🙂",
    "This sentence was generated; nothing in it happened.",
    "Så här sorterar du påhittat avfall rätt.",
    "Three generated facts about a generated lake.",
)
QUESTIONS = (
    "Hur länge har ni öppet på lördag? (påhittad fråga)",
    "Where do I find the form? (generated question)",
    "Gäller det här även på Öland? (påhittad fråga)",
)
VIDEO_ONLY = frozenset({"youtube", "tiktok", "snapchat"})
SHOWS_VIEWS = VIDEO_ONLY | {"x", "threads"}
PASSES_ON = frozenset({"bluesky", "mastodon", "x", "threads"})
_KINDS = ("text", "image", "link", "video", "image")
_BLUESKY_KINDS = {"image": "images", "link": "external"}
_X_EPOCH = 1_288_834_974_657
_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_HOUR = timedelta(hours=1)
_HALF_LIFE = 24
"""Hours after which a post has half of what it will ever get."""
_DELETED_AFTER = timedelta(days=20)
_EDITED_AFTER = timedelta(days=2)


def number(*parts: object) -> int:
    """Return the same large number for the same parts, on every machine."""
    text = "|".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def between(low: int, high: int, *parts: object) -> int:
    """Return the same whole number from `low` to `high`, both included, for the same parts."""
    return low + number(*parts) % (high - low + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """One generated account.

    Attributes:
        seed: Of the world.
        platform: Where it lives.
        id: The platform's own, stable id.
        handle: Its name on the first day.
        renamed: Day of a new name and the name, None when it keeps its own.
        deleted_on: First day (UTC) it is gone, None when it stays.
        name: Its title.
        created_at: Before the world's first day.
        first_day: The world's first day.
        start: Followers on the first day, before the wobble.
        daily: Followers gained (or lost) a day, in thousandths.
        jump_day: Day from which `jump` followers are added.
        wobble: Most followers that come and go from day to day.
        every: Hours between posts.
        hides_followers: The count is not shown.
        hides_likes: No post shows its likes.
        is_protected: Its posts are not public.
    """

    seed: int
    platform: str
    id: str
    handle: str
    renamed: tuple[date, str] | None
    deleted_on: date | None
    name: str
    created_at: datetime
    first_day: date
    start: int
    daily: int
    jump_day: date
    jump: int
    wobble: int
    every: int
    hides_followers: bool = False
    hides_likes: bool = False
    is_protected: bool = False

    def handle_on(self, day: date) -> str:
        """Return the name it has on a day (UTC)."""
        return self.renamed[1] if self.renamed and day >= self.renamed[0] else self.handle

    def followers_on(self, day: date) -> int:
        """Return its true follower count on a day (UTC), hidden or not, never below 0."""
        days = (day - self.first_day).days
        course = self.start + self.daily * days // 1000
        jumped = self.jump if day >= self.jump_day else 0
        wobble = number(self.seed, self.platform, self.id, day) % (self.wobble + 1)
        return max(course + jumped + wobble, 0)

    def state(self, now: datetime) -> AccountState | None:
        """Return it as the platform knows it; None before it was made and after it is gone."""
        day = now.astimezone(UTC).date()
        if now < self.created_at or (self.deleted_on and day >= self.deleted_on):
            return None
        followers = self.followers_on(day)
        return AccountState(
            platform=self.platform,
            id=self.id,
            handle=self.handle_on(day),
            name=self.name,
            created_at=self.created_at,
            followers=None if self.hides_followers else followers,
            following=between(5, 900, self.seed, self.id, "following"),
            posts_total=self.posts_total(now),
            views_total=followers * 40 + (day - self.first_day).days * 100,
            hides_followers=self.hides_followers,
            is_protected=self.is_protected,
        )

    def published_at(self, place: int) -> datetime:
        """Return when post number `place`, counted from 0, was published."""
        jitter = number(self.seed, self.platform, self.id, place, "minute") % (self.every * 30)
        return self._feed_start + place * self.every * _HOUR + timedelta(minutes=jitter)

    def posts_total(self, now: datetime) -> int:
        """Return how many posts the feed lists."""
        published = self._published(now)
        last_deletable = self._published(now - _DELETED_AFTER)
        return published - last_deletable // 50

    def posts(self, now: datetime) -> list[PostState]:
        """Return the feed, newest first, every counter as of `now`."""
        places = range(self._published(now) - 1, -1, -1)
        return [self.post(place, now) for place in places if not self._is_deleted(place, now)]

    def post(self, place: int, now: datetime) -> PostState:
        """Return one post as of `now`: its counters grow with its age and never shrink."""
        at = self.published_at(place)
        age = max((now - at) // _HOUR, 0)
        most = (
            max(3, self.start // 200) * between(50, 149, self.seed, self.id, place, "most") // 100
        )
        passed_on = self.platform in PASSES_ON and place % 13 == 6  # noqa: PLR2004
        kind = "video" if self.platform in VIDEO_ONLY else _KINDS[place % len(_KINDS)]
        if self.platform == "instagram" and kind in ("text", "link"):
            kind = "carousel"
        has_views = self.platform in SHOWS_VIEWS or (self.platform, kind) == ("instagram", "video")
        text = f"{SENTENCES[place % len(SENTENCES)]} ({self.name}, {place})"
        if place % 17 == 8 and now >= at + _EDITED_AFTER:  # noqa: PLR2004
            text += " Rättad."
        return PostState(
            id=self.post_id(place),
            author_id=stranger(self.platform, place) if passed_on else self.id,
            published_at=at - 3 * 24 * _HOUR if passed_on else at,
            indexed_at=at - 3 * 24 * _HOUR if passed_on else at,
            text=text,
            kind=_BLUESKY_KINDS.get(kind, kind) if self.platform == "bluesky" else kind,
            is_reply=self.platform in PASSES_ON and place % 9 == 4,  # noqa: PLR2004
            reactions=_grown(most, age),
            comments=_grown(most // 6 + 1, age),
            shares=0 if place % 4 == 0 else _grown(most // 9 + 1, age),
            quotes=_grown(most // 20, age),
            views=_grown(most * 25, age) if has_views else None,
            reposted_at=at if passed_on else None,
            hidden=self._hidden(place),
        )

    def post_id(self, place: int) -> str:
        """Return a post's id in the platform's spelling."""
        at = self.published_at(place)
        milliseconds = int(at.timestamp() * 1000)
        low = number(self.seed, self.platform, self.id, place)
        spelled = {
            "youtube": _base64(low, 11, f"{self.id} {place}"),
            "bluesky": _tid(milliseconds, low),
            "x": str(milliseconds - _X_EPOCH << 22 | low % 2**22),
            "mastodon": str(milliseconds << 16 | low % 2**16),
            "tiktok": str(milliseconds // 1000 << 32 | low % 2**32),
            "facebook": f"{self.id}_{milliseconds}{low % 1000:03}",
        }
        return spelled.get(self.platform, f"{milliseconds}{low % 10_000:04}")

    def inquiries(self, now: datetime) -> list[InquiryState]:
        """Return the questions asked by `now`, oldest first: under every third post of its own."""
        asked = [
            question
            for place in range(0, self._published(now), 3)
            if not self._is_deleted(place, now)
            for question in self._questions(place, now)
        ]
        return sorted(asked, key=lambda question: (question.asked_at, question.id))

    def _questions(self, place: int, now: datetime) -> list[InquiryState]:
        post = self.post(place, now)
        if post.reposted_at or post.is_reply or "comments" in post.hidden:
            return []
        found = []
        for turn in range(place % 4):
            asked_at = post.published_at + (2 + 3 * turn) * _HOUR
            if asked_at > now:
                break
            key = (self.seed, self.id, place, turn)
            waited = timedelta(minutes=between(4, 2_880, *key, "reply"))
            is_answered = (place + turn) % 5 != 0 and asked_at + waited <= now
            name = f"{post.id}_{number(*key) % 10**9:09}"
            found.append(
                InquiryState(
                    id=name,
                    post_id=post.id,
                    author_id=f"visitor-{number(*key, 'who') % 10**8}",
                    asked_at=asked_at,
                    text=QUESTIONS[(place + turn) % len(QUESTIONS)],
                    replied_at=asked_at + waited if is_answered else None,
                    reply_id=f"{name}9" if is_answered else None,
                )
            )
        return found

    def _hidden(self, place: int) -> frozenset[str]:
        hidden = {"reactions"} if self.hides_likes else set()
        if self.platform == "youtube":
            hidden |= {"reactions"} if place % 7 == 3 else set()  # noqa: PLR2004
            hidden |= {"comments"} if place % 11 == 5 else set()  # noqa: PLR2004
        return frozenset(hidden)

    @property
    def _feed_start(self) -> datetime:
        return datetime.combine(self.first_day - timedelta(days=60), datetime.min.time(), UTC)

    def _published(self, now: datetime) -> int:
        """Return how many posts were published by `now`, deleted ones included."""
        if now < self._feed_start:
            return 0
        latest = (now - self._feed_start) // (self.every * _HOUR)
        return latest + (self.published_at(latest) <= now)

    def _is_deleted(self, place: int, now: datetime) -> bool:
        """Every fiftieth post is taken away 20 days after it was published."""
        return place % 50 == 49 and self.published_at(place) + _DELETED_AFTER <= now  # noqa: PLR2004


def _grown(most: int, hours: int) -> int:
    return most * hours // (hours + _HALF_LIFE)


def stranger(platform: str, place: int) -> str:
    """Return the id of somebody outside the world, in the platform's spelling."""
    return f"did:plc:stranger{place}" if platform == "bluesky" else str(990_000_000 + place)


def platform_id(seed: int, platform: str, organisation_id: str) -> str:
    """Return an account's id as the platform spells ids."""
    found = number(seed, platform, organisation_id)
    if platform == "bluesky":
        bits = hashlib.sha256(f"{seed} {organisation_id}".encode()).digest()
        return "did:plc:" + "".join(_BASE32[byte % 32] for byte in bits[:24])
    if platform == "youtube":
        return "UC" + _base64(found, 22, f"{seed} {organisation_id}")
    if platform == "snapchat":
        text = hashlib.sha256(f"{seed} {organisation_id}".encode()).hexdigest()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))
    digits = {"facebook": ("1000", 11), "instagram": ("17841", 12), "threads": ("25", 14)}
    prefix, length = digits.get(platform, ("4", 9))
    return f"{prefix}{found % 10**length:0{length}}"


def handle(platform: str, noun: str, place: int, word: str = "generated") -> str:
    """Return an account's name as the platform spells names.

    Args:
        platform: Where it lives.
        noun: Kind of organisation.
        place: Its number among them, from 1.
        word: What the name begins with; another one after a change of name.
    """
    spelled = {
        "bluesky": f"{word}-{noun}-{place:02}.example",
        "facebook": f"{word}.{noun}.{place:02}",
        "linkedin": f"{word}-{noun}-{place:02}",
        "mastodon": f"{word}_{noun}_{place:02}@social.example",
        "tiktok": f"{word}.{noun}.{place:02}",
        "x": f"{word[:3]}_{noun[:6]}_{place:04}",
        "snapchat": f"{word}{noun}{place:02}",
        "youtube": f"{word}{noun}{place:02}",
    }
    return spelled.get(platform, f"{word}_{noun}_{place:02}")


def _tid(milliseconds: int, low: int) -> str:
    """Return a record key of the AT protocol: microseconds and a clock's number, in base 32."""
    bits = milliseconds * 1000 << 10 | low % 1024
    return "".join(_BASE32[bits >> shift & 31] for shift in range(60, -1, -5))


def _base64(found: int, length: int, text: str) -> str:
    digest = hashlib.sha256(f"{found} {text}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:length]
