"""The whole world as Google's own client reads it from the sandbox's YouTube.

Belongs here: calling the client. Does not belong here: what it should have read
(`tests/conformance/test_youtube.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import httplib2
from googleapiclient.discovery import build

from tests.support.small_world import MIDDAY

VIDEO_PARTS = "id,snippet,statistics,contentDetails"


class Recorder(httplib2.Http):
    """Google's transport, which keeps every answer as it came."""

    def __init__(self):
        super().__init__()
        self.answers = []

    def request(self, uri, *given, **named):
        response, content = super().request(uri, *given, **named)
        self.answers.append((uri, response.status, content))
        return response, content


@dataclass
class Reading:
    """What the client read: by channel id, by video id, and the answers it was read from."""

    channels: dict[str, dict] = field(default_factory=dict)
    uploads: dict[str, list[dict]] = field(default_factory=dict)
    videos: dict[str, dict] = field(default_factory=dict)
    stats: dict[str, dict] = field(default_factory=dict)
    threads: dict[str, list[dict]] = field(default_factory=dict)
    answers: list[tuple[str, int, bytes]] = field(default_factory=list)


def client(sandbox, http=None, key="sandbox"):
    return build(
        "youtube",
        "v3",
        developerKey=key,
        static_discovery=True,
        http=http or httplib2.Http(),
        client_options={"api_endpoint": f"{sandbox.url}/youtube/"},
    )


def fifty(names):
    return [names[start : start + 50] for start in range(0, len(names), 50)]


def every_page(resource, **given):
    """Follow the client's own paging to its end."""
    request, items = resource.list(**given), []
    while request is not None:
        answer = request.execute()
        items += answer["items"]
        request = resource.list_next(request, answer)
    return items


def read_world(sandbox, world):
    """Read every channel, every upload, and the latest questions of one channel."""
    http = Recorder()
    youtube, found = client(sandbox, http), Reading(answers=http.answers)
    parts = "id,snippet,statistics,contentDetails,status"
    for ids in fifty(list(world.on("youtube"))):
        answer = youtube.channels().list(part=parts, id=",".join(ids), maxResults=50).execute()
        found.channels |= {channel["id"]: channel for channel in answer["items"]}
    for name, channel in found.channels.items():
        playlist = channel["contentDetails"]["relatedPlaylists"]["uploads"]
        found.uploads[name] = every_page(
            youtube.playlistItems(),
            part="id,snippet,contentDetails",
            playlistId=playlist,
            maxResults=50,
        )
        uploads = [item["contentDetails"]["videoId"] for item in found.uploads[name]]
        for ids in fifty(uploads):
            answer = youtube.videos().list(part=VIDEO_PARTS, id=",".join(ids)).execute()
            found.videos |= {video["id"]: video for video in answer["items"]}
    recent = [p.id for name in found.channels for p in recent_videos(world, name)]
    for ids in fifty(recent):
        answer = youtube.videos().batchGetStats(part=VIDEO_PARTS, id=ids).execute()
        found.stats |= {video["id"]: video for video in answer["items"]}
    first = next(iter(found.channels))
    for post in recent_videos(world, first)[:60]:
        if "comments" not in post.hidden:
            found.threads[post.id] = every_page(
                youtube.commentThreads(),
                part="snippet,replies",
                videoId=post.id,
                order="time",
                maxResults=1,
            )
    return found


def recent_videos(world, channel):
    oldest = MIDDAY - timedelta(days=35)
    return [p for p in world.posts("youtube", channel) if p.published_at >= oldest]
