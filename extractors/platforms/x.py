"""X through API v2 with an app's bearer token: exact counts, paid for by the user and by the post.

Users come 100 a call; one answer holds those found beside an error for each of the others. Since
August 2026 the documentation has two names for some fields (`tweet_count`, `post_count`); both are
read, and where the new field parameter is refused the old one is sent.

A timeline without its replies ends at the newest 800 posts, replies counted, with an answer that
looks like any other end. So where it ends early for how often the account posts, a handful of what
lies before is asked for: if there is anything, the report says from when on posts were read.

Every user read costs 0.010 USD and every post 0.005 USD. A run sets the price of a call aside
before it, takes back what was not delivered, and stops before a calendar month (UTC) has cost
`EFFEKTANALYS_X_MAX_SPEND_USD`: by the month is how people pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import quote

from extractors.budget import Budget, next_month
from extractors.errors import (
    AccountNotVisible,
    ExtractionError,
    QuotaExhausted,
    Reach,
    SchemaDrift,
)
from extractors.http import Answer, HttpLimits
from extractors.platforms._x import (
    ERRORS,
    META,
    POST,
    USER,
    ParameterRefused,
    either,
    failure,
    failure_of,
    inner,
    media_kind,
    parts,
)
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.paging import Page
from extractors.platforms.session import Outcome, Session, Status, Target
from extractors.platforms.shapes import (
    MOST_FOLLOWERS,
    count,
    moment,
    next_page,
    optional_text,
    required_text,
)
from extractors.records import Platform, PostSnapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

RE_READ = timedelta(days=35)
"""Engagement settles slowly: posts are read again until they are this old."""
PAGE_SIZE, SMALLEST_PAGE = 100, 5
LISTED_AT_MOST = 800
"""Posts of a timeline that X lists when replies are left out; 3,200 when they are not."""
SILENCES = 3
"""Times the usual time between two posts that an account may be silent before we doubt it."""
MAX_PAGES = 40
TOKEN = "EFFEKTANALYS_X_BEARER_TOKEN"  # noqa: S105 - the name of a setting, not its value
MAX_SPEND = "EFFEKTANALYS_X_MAX_SPEND_USD"
DEFAULT_SPEND = Decimal("10.00")
USER_PRICE, POST_PRICE = 10, 5
"""In thousandths of a dollar."""
NEW_FIELDS, OLD_FIELDS = "post.fields", "tweet.fields"

# A window of 15 minutes is waited for to its end.
_WINDOW = {"period": 900.0, "longest_wait": 900.0, "total_deadline": 2_000.0}
_TIMELINES = HttpLimits(concurrency=8, rate=10_000, **_WINDOW)  # type: ignore[arg-type]


class BadSetting(ExtractionError):
    """A setting cannot be read; nothing is asked until it can."""

    kind = "setting"
    reach = Reach.PLATFORM


class X(PlatformExtractor):
    """Reads users in batches and the timelines of 35 days, within a budget in dollars."""

    platform = Platform.X
    title = "X"
    streams = ("profile_snapshots", "posts")
    credentials = (TOKEN,)
    options = (MAX_SPEND,)
    base_url = "https://api.x.com/2"
    sandbox_path = "/x/2"
    batch_size = 100
    limits = HttpLimits(concurrency=4, rate=300, **_WINDOW)  # type: ignore[arg-type]
    source = "x_api"
    raw_retention_days = 30

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._fields = NEW_FIELDS
        self._budget: Budget | None = None

    @property
    def budget(self) -> Budget:
        """What the month may cost, in thousandths of a dollar; without limit in the sandbox.

        Raises:
            BadSetting: when the limit that somebody set is no amount.
        """
        if self._budget is None:
            self._budget = budget_of(self.session)
        return self._budget

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; see the base class."""
        by_id = [target for target in batch if target.platform_id]
        by_name = [target for target in batch if not target.platform_id]
        outcomes = []
        for endpoint, parameter, targets in (
            ("users", "ids", by_id),
            ("users/by", "usernames", by_name),
        ):
            if targets:
                outcomes += await self._users(endpoint, parameter, targets)
        return outcomes

    async def read_posts(self, target: Target) -> Outcome:
        """Return the account's own posts of the last 35 days; see the base class."""
        user = target.platform_id or await self._id_of(target)
        since = self.session.observed_at() - RE_READ
        whole = {"start_time": _shown(since), "exclude": "retweets,replies"}
        posts: dict[str, PostSnapshot] = {}
        problems: list[str] = []
        async for page in self.pages(
            target,
            "timeline",
            lambda turn: self._read_page(target, user, turn or whole),
            most=MAX_PAGES,
        ):
            posts |= {post.post_id: post for post in page.records}
            problems += page.problems
        oldest = min((post.published_at for post in posts.values()), default=None)
        if oldest and await self._is_cut_off(target, user, since, oldest, len(posts)):
            problems.append(
                f"X lists {LISTED_AT_MOST} posts at most, replies counted, and its list ends at "
                f"{_shown(oldest)}: posts before may be missing"
            )
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=tuple(posts.values()),
            problem=f"{self.name} {target.account_id}: {'; '.join(problems)}" if problems else None,
        )

    def auth_headers(self) -> Mapping[str, str]:
        """Return the app's token."""
        return {"Authorization": f"Bearer {self.session.credentials.get(TOKEN, '')}"}

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by the problem's `type`, then by an old error code, then by status."""
        return failure(answer, token=TOKEN, wait=self._until_reset(answer))

    def pause_after(self, answer: Answer) -> float | None:
        """Return the seconds until the window ends when nothing is left in it."""
        if answer.headers.get("x-rate-limit-remaining") != "0":
            return None
        return self._until_reset(answer)

    async def _users(
        self, endpoint: str, parameter: str, targets: Sequence[Target]
    ) -> list[Outcome]:
        asked = {(t.platform_id or t.handle or "").lower(): t for t in targets}
        found, errors = await self._look_up(endpoint, parameter, list(asked))
        outcomes = []
        for name, target in asked.items():
            if name in found:
                outcomes.append(self._profile(target, found[name]))
            elif name in errors:
                outcomes.append(self._not_found(target, errors[name]))
        return outcomes

    async def _look_up(
        self, endpoint: str, parameter: str, names: Sequence[str]
    ) -> tuple[dict[str, Mapping[str, object]], dict[str, Mapping[str, object]]]:
        """Return what was found and what was refused, by the name it was asked for."""
        budget, price = self.budget, USER_PRICE * len(names)
        params = {parameter: ",".join(names), "user.fields": "created_at,protected,public_metrics"}
        aside = await budget.set_aside(price)
        cost = aside.amount
        try:
            answer = await (await self.client()).get(endpoint, params)
            users, refused = parts(answer.payload)
            cost = USER_PRICE * len(users)
        except ExtractionError:  # nothing was delivered; what else ends a call is counted in full
            cost = 0
            raise
        finally:
            budget.settle(aside, cost)
        kept = [self.known(user, USER, "users.data[]") for user in users]
        self.keep(endpoint, {"data": kept, "errors": self.known(refused, ERRORS, "users.errors")})
        key = "id" if parameter == "ids" else "username"
        found = {str(user.get(key)).lower(): user for user in users}
        errors = {str(e.get("value") or e.get("resource_id")).lower(): e for e in refused}
        return found, errors

    def _profile(self, target: Target, user: Mapping[str, object]) -> Outcome:
        try:
            metrics = inner(user, "public_metrics")
            record = self.snapshot(
                target,
                followers=count(metrics, "followers_count", most=MOST_FOLLOWERS),
                following=count(metrics, "following_count"),
                posts_total=either(metrics, "post_count", "tweet_count"),
                handle=required_text(user, "username"),
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

    def _not_found(self, target: Target, error: Mapping[str, object]) -> Outcome:
        failure = failure_of(error)
        if isinstance(failure, AccountNotVisible):
            return self.not_visible(target, failure.what)
        return self.failed(target, failure)

    async def _id_of(self, target: Target) -> str:
        name = (target.handle or "").lower()
        found, errors = await self._look_up("users/by", "usernames", [name])
        if name in found:
            return required_text(found[name], "id")
        raise failure_of(errors.get(name, {}))

    async def _is_cut_off(
        self, target: Target, user: str, since: datetime, oldest: datetime, posts: int
    ) -> bool:
        """Return whether a timeline that seems to end at `oldest` goes on before it."""
        usual = (self.session.observed_at() - oldest) / posts
        if oldest - since <= max(SILENCES * usual, timedelta(days=1)):
            return False
        before = {"start_time": _shown(since), "end_time": _shown(oldest)}
        try:
            page, _ = await self._page(target, user, before, most=SMALLEST_PAGE)
        except QuotaExhausted:  # what was read is paid for; the next account is told
            return False
        return bool(page)

    async def _read_page(
        self, target: Target, user: str, wanted: dict[str, str]
    ) -> Page[PostSnapshot]:
        """Return a page's posts; what asks for the next one goes on in the same window."""
        items, token = await self._page(target, user, wanted, most=PAGE_SIZE)
        posts, problems = [], []
        for item in items:
            try:
                posts.append(self._post(target, item))
            except SchemaDrift as error:
                problems.append(f"one post left out, {error.what}")
        return Page(
            items=len(items),
            following=wanted | {"pagination_token": token} if token else None,
            cursor=token,
            records=tuple(posts),
            problems=tuple(problems),
        )

    async def _page(
        self, target: Target, user: str, wanted: dict[str, str], most: int
    ) -> tuple[list[Mapping[str, object]], str]:
        """Return a page of a timeline and the token of the next one, empty at the end."""
        budget = self.budget
        aside = await budget.set_aside(most * POST_PRICE, SMALLEST_PAGE * POST_PRICE)
        cost = aside.amount
        try:
            answer = await self._ask_page(target, user, wanted, aside.amount // POST_PRICE)
            posts, errors = parts(answer.payload)
            cost = POST_PRICE * len(posts)
        except ExtractionError:
            cost = 0
            raise
        finally:
            budget.settle(aside, cost)
        kept = [self.known(post, POST, "tweets.data[]") for post in posts]
        refused = self.known(errors, ERRORS, "tweets.errors")
        meta = answer.payload.get("meta") if isinstance(answer.payload, Mapping) else None
        shown = {"meta": self.known(meta, META, "tweets.meta")} if meta is not None else {}
        self.keep("users/tweets", {"data": kept, "errors": refused} | shown)
        if errors and not posts:
            raise failure_of(errors[0])
        meta = inner(answer.payload, "meta")
        return posts, next_page(meta, "next_token") or ""

    async def _ask_page(
        self, target: Target, user: str, wanted: dict[str, str], size: int
    ) -> Answer:
        # Another base, so that it keeps a pace of its own.
        client = await self.client(
            f"{self.base_url}/users", sandbox_path=f"{self.sandbox_path}/users", limits=_TIMELINES
        )
        params = {"max_results": str(size), **wanted}
        fields, path = "created_at,public_metrics,attachments", f"{quote(user, safe='')}/tweets"
        spelled = self._fields
        try:
            return await client.get(path, params | {spelled: fields}, account=target.account_id)
        except ParameterRefused as error:
            if NEW_FIELDS not in error.parameters or spelled == OLD_FIELDS:
                raise
            self._fields = OLD_FIELDS
            return await client.get(path, params | {OLD_FIELDS: fields}, account=target.account_id)

    def _post(self, target: Target, post: Mapping[str, object]) -> PostSnapshot:
        name, metrics = required_text(post, "id"), inner(post, "public_metrics")
        return PostSnapshot(
            account_id=target.account_id,
            post_id=name,
            published_at=moment(post, "created_at"),
            kind=media_kind(post),
            text=optional_text(post, "text"),
            permalink=f"https://x.com/i/status/{name}",
            reactions=count(metrics, "like_count"),
            comments=count(metrics, "reply_count"),
            shares=either(metrics, "repost_count", "retweet_count"),
            quotes=count(metrics, "quote_count"),
            views=count(metrics, "impression_count"),
            definition_version=self.views_definition(),
            saves=count(metrics, "bookmark_count"),
            **self.stamp(),  # type: ignore[arg-type]
        )

    def _until_reset(self, answer: Answer) -> float | None:
        reset = answer.headers.get("x-rate-limit-reset", "")
        if not reset.isdecimal():
            return None
        return max(float(reset[:15]) - self.session.timing.now().timestamp(), 0.0)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def budget_of(session: Session) -> Budget:
    """Return what may be spent in a calendar month of UTC, in thousandths of a dollar.

    Raises:
        BadSetting: when the limit that somebody set is no amount.
    """
    given = session.options.get(MAX_SPEND)
    if session.replay or (given is None and session.sandbox_url):
        return Budget(limit=None, words="")
    try:
        dollars = Decimal(given) if given else DEFAULT_SPEND
        mills = int(dollars * 1000)
    except (InvalidOperation, OverflowError, ValueError):
        mills, dollars = -1, Decimal(0)
    if mills < 0:
        raise BadSetting(
            f"{MAX_SPEND} is {given!r}, which is no amount in dollars",
            next_step=f"Set it to an amount like {DEFAULT_SPEND}.",
        )
    return session.budget(
        "spend",
        limit=mills,
        words=f"{dollars:.2f} USD that a month may cost on X",
        period=lambda: f"{session.timing.now().astimezone(UTC):%Y-%m}",
        resets_at=lambda: next_month(session.timing.now()),
        next_step=f"Set {MAX_SPEND} to allow more; the same day run again asks the rest.",
    )


EXTRACTOR = X
