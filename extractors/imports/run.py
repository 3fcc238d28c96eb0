"""One file into the lake: recognised, read whole, and landed only if every row is good."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

import pyarrow.compute as pc
import pyarrow.parquet as pq

import extractors.imports as package
from extractors.imports.layout import ImportContext, ImportRefused, ImportReport, Layout
from extractors.imports.sheet import read_header
from extractors.lake import LakeRefused
from extractors.words import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from extractors.lake import Lake, PartResult
    from extractors.registry import Registry


def layouts() -> dict[str, Layout]:
    """Return every layout that has a module here, by name."""
    modules = (
        import_module(f"{package.__name__}.{m.name}") for m in iter_modules(package.__path__)
    )
    found = [module.LAYOUT for module in modules if hasattr(module, "LAYOUT")]
    return {layout.name: layout for layout in sorted(found, key=lambda layout: layout.name)}


def import_file(
    path: Path,
    *,
    lake: Lake,
    registry: Registry,
    now: datetime,
    date_format: str | None = None,
    layout: str | None = None,
    account: str | None = None,
) -> ImportReport:
    """Bring a file into the lake.

    Args:
        path: CSV, XLSX or Parquet.
        lake: Where the rows land, one part a platform and day named after the file's content.
        registry: Who the accounts are.
        now: The present, aware.
        date_format: `strptime` format of dates that are not ISO.
        layout: Name of the layout, when the header is not enough.
        account: Whose numbers these are, where the file does not say so itself.

    Raises:
        ImportRefused: with every bad row; nothing was imported.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}.") from None
    chosen = _layout(path, layout)
    exported_at = _exported_at(path, lake, f"{chosen.name}-{digest}", now)
    context = ImportContext(
        registry, lake.timezone, date_format, now, f"import-{digest}", account, exported_at
    )
    reading = chosen.read(path, context)
    results: list[PartResult] = []
    accounts: set[str] = set()
    try:
        for (stream, platform), table in reading.tables.items():
            lake.judge(stream, platform, f"{chosen.name}-{digest}", table)
        for (stream, platform), table in reading.tables.items():
            accounts.update(pc.unique(table.column("account_id")).to_pylist())
            results += lake.write_days(stream, platform, f"{chosen.name}-{digest}", table)
    except LakeRefused as error:
        raise ImportRefused(f"{path}: {error}. Nothing was imported.") from None
    return ImportReport(
        file=path,
        layout=chosen.title,
        row_count=sum(result.row_count for result in results),
        account_count=len(accounts),
        day_count=len({result.path.parent.name for result in results}),
        changed_part_count=sum(result.changed for result in results),
        notes=reading.notes,
    )


def _exported_at(path: Path, lake: Lake, part: str, now: datetime) -> datetime:
    """Return when the file was saved, or what an earlier import of the same content took it for.

    A copy of a file has a new time but no new counts: it must not land a second time.
    """
    for earlier in lake.parts("posts"):
        if earlier.path.stem == part:
            read = pq.read_table(earlier.path, columns=["observed_at"], partitioning=None)
            return cast("datetime", pc.max(read.column("observed_at")).as_py())
    return min(datetime.fromtimestamp(int(path.stat().st_mtime), tz=UTC), now)


def _layout(path: Path, wanted: str | None) -> Layout:
    known = layouts()
    if wanted is not None:
        if wanted not in known:
            raise ImportRefused(
                f"There is no layout {wanted!r}{nearest(wanted, known)} Known: {', '.join(known)}."
            )
        return known[wanted]
    header = read_header(path)
    fitting = [layout for layout in known.values() if layout.recognises(header)]
    if len(fitting) == 1:
        return fitting[0]
    columns = ", ".join(sorted(filter(None, header))[:20]) or "none"
    choice = ", ".join(layout.name for layout in fitting or known.values())
    raise ImportRefused(
        f"{path} was not recognised by its columns ({columns}). "
        f"Say which layout it has: --layout NAME, one of {choice}."
    )
