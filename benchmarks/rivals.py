"""The same accounts read by others: a plain httpx loop, and dlt's REST source.

Belongs here: the least another tool needs for the job `extraction.py` measures.
Does not belong here: our own extractors.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Measured, own_cpu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractors.sandbox.world import AccountState

DLT = "dlt[parquet]==1.31.0"
TOKEN = {"Authorization": "Bearer sandbox"}
BATCH = {"bluesky": 25, "youtube": 50, "x": 100, "mastodon": 1, "facebook": 1}
"""Platform -> accounts a call; also the platforms that are measured."""

Call = dict[str, Any]
CALLS: dict[str, Callable[[Sequence[AccountState]], Call]] = {
    "bluesky": lambda batch: {
        "url": "/bluesky/xrpc/app.bsky.actor.getProfiles",
        "params": [("actors", state.id) for state in batch],
    },
    "youtube": lambda batch: {
        "url": "/youtube/youtube/v3/channels",
        "params": {
            "part": "snippet,statistics",
            "id": ",".join(state.id for state in batch),
            "maxResults": 50,
            "key": "sandbox",
        },
    },
    "x": lambda batch: {
        "url": "/x/2/users/by",
        "params": {
            "usernames": ",".join(state.handle for state in batch),
            "user.fields": "created_at,public_metrics,protected",
        },
        "headers": TOKEN,
    },
    "mastodon": lambda batch: {
        "url": "/mastodon/api/v1/accounts/lookup",
        "params": {"acct": batch[0].handle},
    },
    "facebook": lambda batch: {
        "url": f"/facebook/v26.0/{batch[0].id}",
        "params": {"fields": "id,name,username,followers_count", "access_token": "sandbox|sandbox"},
    },
}
ROWS: dict[str, Callable[[Any], list[dict[str, object]]]] = {
    "bluesky": lambda payload: [
        {"id": p["did"], "followers": p["followersCount"]} for p in payload["profiles"]
    ],
    "youtube": lambda payload: [
        {"id": c["id"], "followers": int(c["statistics"].get("subscriberCount", -1))}
        for c in payload["items"]
    ],
    "x": lambda payload: [
        {"id": u["id"], "followers": u["public_metrics"]["followers_count"]}
        for u in payload["data"]
    ],
    "mastodon": lambda payload: [{"id": payload["id"], "followers": payload["followers_count"]}],
    "facebook": lambda payload: [
        {"id": payload["id"], "followers": payload.get("followers_count")}
    ],
}

DLT_SCRIPT = """
import json, resource, sys, time
import dlt
from dlt.sources.rest_api import rest_api_source
url, ids = sys.argv[1], json.load(open(sys.argv[2]))
batches = [ids[i:i + 25] for i in range(0, len(ids), 25)]
@dlt.resource(name="batches", selected=False)
def asked():
    for batch in batches:
        yield [{"query": "&".join("actors=" + name for name in batch)}]
source = rest_api_source({
    "client": {"base_url": url + "/bluesky/xrpc/"},
    "resources": [asked(), {
        "name": "profiles",
        "endpoint": {
            "path": "app.bsky.actor.getProfiles?{resources.batches.query}",
            "data_selector": "profiles",
            "paginator": "single_page",
        },
    }],
}).with_resources("profiles")
pipeline = dlt.pipeline("bench", pipelines_dir=sys.argv[3], dataset_name="bench",
    destination=dlt.destinations.filesystem("file://" + sys.argv[3] + "/out"))
began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
pipeline.run(source, loader_file_format="parquet")
used = resource.getrusage(resource.RUSAGE_SELF)
rows = pipeline.last_trace.last_normalize_info.row_counts["profiles"]
took = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
print(json.dumps({"wall": time.monotonic() - began, "cpu": took, "accounts": rows}))
"""


def plain_httpx(url: str, platform: str, states: Sequence[AccountState]) -> Measured:
    """Ask for the same in the same batches, four at once, and write one Parquet file."""
    step = BATCH[platform]
    batches = [states[start : start + step] for start in range(0, len(states), step)]
    began, cpu = time.monotonic(), own_cpu()
    rows = asyncio.run(_ask(url, platform, batches))
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(pa.Table.from_pylist(rows), Path(folder) / "part.parquet")
    return Measured(wall=time.monotonic() - began, cpu=own_cpu() - cpu, accounts=len(rows))


async def _ask(
    url: str, platform: str, batches: Sequence[Sequence[AccountState]]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    slots = asyncio.Semaphore(4)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:

        async def one(batch: Sequence[AccountState]) -> None:
            async with slots:
                answer = await client.request("GET", **CALLS[platform](batch))
            if answer.status_code != httpx.codes.NOT_FOUND:  # a hidden account of one a call
                rows.extend(ROWS[platform](answer.raise_for_status().json()))

        await asyncio.gather(*(one(batch) for batch in batches))
    return rows


class DltStopped(RuntimeError):
    """dlt could not be installed or did not finish; the message ends with its own last words."""


def dlt_rest(url: str, states: Sequence[AccountState]) -> Measured:
    """Let dlt read Bluesky's part, in an environment of its own.

    Raises:
        DltStopped: when it cannot be installed, or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        python = place / "venv" / "bin" / "python"
        _run([sys.executable, "-m", "venv", str(place / "venv")])
        _run([str(python), "-m", "pip", "install", "--quiet", DLT])
        names, script = place / "ids.json", place / "read.py"
        names.write_text(json.dumps([state.id for state in states]))
        script.write_text(DLT_SCRIPT)
        settings = {"RUNTIME__DLTHUB_TELEMETRY": "false", "HOME": folder, "PATH": "/usr/bin:/bin"}
        command = [str(python), str(script), url, str(names), str(place / "work")]
        printed = _run(command, settings)
    return Measured(**json.loads(printed.splitlines()[-1]))


def _run(command: list[str], settings: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    if done.returncode:
        raise DltStopped(f"{DLT}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
