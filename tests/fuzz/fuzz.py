"""Coverage-guided fuzzing of everything that reads what others wrote: `make fuzz`.

Belongs here: targets, each with what must hold for any input. A target that finds something ends
the run with the input; that input then becomes a test beside the parser's others.
Not collected by pytest: a budget in seconds is no test.

Usage: python -m tests.fuzz.fuzz TARGET SECONDS
"""

from __future__ import annotations

import json
import logging
import math
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

with atheris.instrument_imports(include=["extractors"]):
    from extractors import strict_json
    from extractors.http import retry_after_seconds
    from extractors.imports import ImportRefused, import_file
    from extractors.lake import Lake
    from extractors.platforms import platforms
    from extractors.platforms.archive import RawArchive, raw_folder, read_raw
    from extractors.platforms.reparse import reparse
    from extractors.registry import RegistryError, load_registry
    from extractors.sandbox import serve
    from extractors.sandbox.generated import GeneratedWorld

from extractors.records import Definition
from extractors.registry import RegistryAccount
from extractors.registry_models import HandleValidity
from tests.support.importing import HEADER, INDUSTRY, NOW
from tests.support.sandboxed import LAST_DAY, run
from tests.support.sandboxed import NOW as RUN_AT
from tests.support.small_world import MIDDAY
from tests.support.vendor_exports import LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Callable


def strict(_: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Strict JSON refuses, or reads what Python's reader reads, all numbers finite."""

    def check(data: bytes) -> None:
        try:
            value = strict_json.loads(data)
        except (strict_json.NotJson, strict_json.BadJson):
            return
        # A half of a character is read as U+FFFD.
        assert value == json.loads(data) or "\ufffd" in json.dumps(value, ensure_ascii=False)
        assert "NaN" not in json.dumps(value)
        assert "Infinity" not in json.dumps(value)

    return check, [b'{"a": [1, 2.5, null, "\\u00e5"]}', b'{"a": 1, "a": 2}', b"[" * 70, b"1e400"]


def retry_after(_: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """A `Retry-After` header is nothing, or a pause within bounds."""

    def check(data: bytes) -> None:
        text = data.decode("latin-1")
        pause = retry_after_seconds(text, now=datetime(2026, 8, 17, tzinfo=UTC), longest=120)
        assert pause is None or (math.isfinite(pause) and 0 <= pause <= 120)

    return check, [b"30", b"1.5", b"Fri, 31 Dec 2099 23:59:59 GMT", b"-1", "٣".encode()]


def registry(folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """A registry file is read whole, or every mistake in it has a line."""
    (folder / "industries").mkdir()
    file = folder / "industries" / "regions.yaml"

    def check(data: bytes) -> None:
        file.write_bytes(data)
        try:
            found = load_registry(folder)
        except RegistryError as refused:
            mistakes = refused.problems
        else:
            mistakes = []
            assert [industry.id for industry in found.industries] == ["regions"]
        assert all(problem.line >= 1 and problem.message for problem in mistakes)

    real = Path(__file__).parents[2] / "registry" / "industries"
    return check, [INDUSTRY.encode(), *(f.read_bytes()[:900] for f in real.glob("*.yaml"))]


def capture(folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """A table of noted or exported numbers is refused in words, or lands as a sound lake."""
    (folder / "industries").mkdir()
    (folder / "industries" / "regions.yaml").write_text(INDUSTRY, encoding="utf-8")
    known = load_registry(folder)
    file = folder / "noted.csv"

    def check(data: bytes) -> None:
        file.write_bytes(data)
        lake = Lake(folder / "lake", "Europe/Stockholm")
        lake.initialise()
        try:
            import_file(file, lake=lake, registry=known, now=NOW)
        except ImportRefused as refused:
            words = str(refused)
        else:
            words = str(file)
        assert str(file) in words
        assert lake.verify() == []
        shutil.rmtree(lake.root)

    rows = f"{HEADER}\nx,77,2025-05-01,1200\nfacebook,north.page,2025-05-01T10:00+02:00,99\n"
    vendors = [layout.values for layout in LAYOUTS]
    return check, [rows.encode(), *(f"{values[0]}\n{values[1]}\n".encode() for values in vendors)]


def answers(folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Whatever a platform answers, its module gives sound records or a problem in words.

    The first byte chooses the platform, the second an answer of it, the rest replaces that answer.
    """
    world = GeneratedWorld(industries={"region": 2})
    lake = Lake(folder / "lake", "Europe/Stockholm")
    lake.initialise()
    archives: list[tuple[str, list[dict[str, object]]]] = []
    with serve(world=world) as sandbox:
        for extractor in platforms():
            known = _accounts(world, extractor.name)
            for stream in extractor.streams:
                run(lake, sandbox.url, known, platform=extractor.name, stream=stream)
            kept = raw_folder(lake.root, extractor.name, LAST_DAY).glob("*.ndjson.zst")
            lines = [line for file in kept for line in read_raw(file)]
            if lines:
                archives.append((extractor.name, lines))

    def check(data: bytes) -> None:
        if len(data) < 3:
            return
        platform, lines = archives[data[0] % len(archives)]
        place = data[1] % len(lines)
        try:
            payload = strict_json.loads(data[2:])
        except (strict_json.NotJson, strict_json.BadJson):
            return
        shutil.rmtree(lake.root)
        lake.initialise()
        archive = RawArchive(raw_folder(lake.root, platform, LAST_DAY), "fuzz")
        for number, line in enumerate(lines):
            archive.append({**line, "answer": payload} if number == place else line)
        reparse(
            platform,
            LAST_DAY,
            LAST_DAY,
            _accounts(world, platform),
            lake=lake,
            load_id="again",
            clock=lambda: RUN_AT,
        )
        assert lake.verify() == []

    seeds = [
        bytes((number, place)) + json.dumps(line["answer"]).encode()
        for number, (_, lines) in enumerate(archives)
        for place, line in enumerate(lines[:3])
        if line.get("answer") is not None
    ]
    return check, seeds


def _accounts(world: GeneratedWorld, platform: str) -> list[RegistryAccount]:
    return [
        RegistryAccount(
            account_id=f"o{number}.{platform}",
            organisation_id=f"o{number}",
            platform=platform,
            platform_account_id=state.id,
            handles=(HandleValidity(handle=state.handle),),
            definition=Definition.FOLLOWERS,
            scope="national",
            is_main=True,
            valid_from=None,
            valid_to=None,
            successor_account_id=None,
            breaks=(),
        )
        for number, state in enumerate(a for a in world.accounts(MIDDAY) if a.platform == platform)
    ]


TARGETS = {make.__name__: make for make in (strict, retry_after, registry, capture, answers)}


def main(target: str, seconds: int) -> None:
    """Fuzz one target for so long; libFuzzer ends the process with its own code."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "work").mkdir()
        logging.disable()
        check, seeds = TARGETS[target](folder / "work")
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(seeds):
            check(seed)
            (corpus / f"{number:03}").write_bytes(seed)
        atheris.Setup(
            [
                sys.argv[0],
                str(corpus),
                f"-max_total_time={seconds}",
                "-seed=20260630",
                "-verbosity=0",
                "-rss_limit_mb=4096",
                "-max_len=4096",
                f"-artifact_prefix={Path.cwd()}/fuzz-{target}-",
            ],
            check,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
