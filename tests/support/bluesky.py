"""Bluesky's answers made by hand, and an extractor that gets them instead of the network."""

import asyncio
from datetime import UTC, timedelta

from extractors.http import Answer
from extractors.platforms.bluesky import Bluesky
from extractors.platforms.session import Session, Target
from tests.support.sandboxed import NOW

DID = "did:plc:4qvydr5ow2ggrk23tn27vva5"
TARGET = Target(account_id="adam_smith_institute.bluesky", platform_id=DID)


class Scripted:
    """Stands for the HTTP client: hands out answers, remembers what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def get(self, endpoint, params=None, *, account=None):
        self.asked.append((endpoint, params))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Answer(200, {}, answer)


def bluesky(*answers):
    kept = []
    session = Session(platform="bluesky", load_id="r", clock=lambda: NOW, archive=kept.append)
    extractor = Bluesky(session)
    scripted = Scripted(*answers)

    async def client(base_url=None):
        return scripted

    extractor.client = client
    return extractor, scripted, kept


async def _collect(stream):
    return [outcome async for outcome in stream]


def read(extractor, *targets):
    return asyncio.run(_collect(extractor.profiles(targets or [TARGET])))


def read_posts(extractor):
    [outcome] = asyncio.run(_collect(extractor.posts([TARGET])))
    return outcome


def profile(**given):
    return {
        "did": DID,
        "handle": "adamsmith.org",
        "followersCount": 250,
        "postsCount": 112,
        **given,
    }


def post(key="3k1", *, at=NOW - timedelta(days=1), created=None, **given):
    def text(moment):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

    return {
        "post": {
            "uri": f"at://{DID}/app.bsky.feed.post/{key}",
            "cid": "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm",
            "author": {"did": DID, "handle": "adamsmith.org"},
            "record": {
                "$type": "app.bsky.feed.post",
                "text": "Markets åäö",
                "createdAt": text(created or at),
            },
            "replyCount": 1,
            "repostCount": 2,
            "likeCount": 3,
            "quoteCount": 4,
            "indexedAt": text(at),
            **given,
        }
    }


def repost(at):
    stranger = "did:plc:stranger"
    item = post("3kr", at=at - timedelta(days=400), author={"did": stranger, "handle": "x.example"})
    item["post"]["uri"] = f"at://{stranger}/app.bsky.feed.post/3kr"
    item["reason"] = {
        "$type": "app.bsky.feed.defs#reasonRepost",
        "by": {"did": DID, "handle": "adamsmith.org"},
        "indexedAt": at.isoformat(),
    }
    return item
