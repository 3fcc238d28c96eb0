"""Accounts taken out of everything that was fetched, imported or derived, on request.

Belongs here: who an organisation's accounts were and what they are called, and removing their rows
from the lake, the archive of answers, checkpoints, budgets and derived texts. Does not belong here:
the candidate, run histories and releases (the rooms above), or answers that are merely old
(`platforms/retention.py`).

Every file is replaced in one step and looked at again by the next run, so that an erasure that was
killed is made good by starting it again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.atomic import sync_directory
from extractors.erasure_raw import Names, rewrite_answers, rewrite_checkpoint
from extractors.lake import NOWHERE, write_parquet
from extractors.ledger import Ledger
from extractors.records import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_ALIASES = {
    "profile_snapshots": ("handle",),
    "posts": ("post_id", "permalink"),
    "inquiries": ("inquiry_id",),
}
"""Columns of the lake that hold what a platform calls an account or what is its own."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account as some table names it, with what its platform calls it."""

    account_id: str
    organisation_id: str
    platform: str
    aliases: tuple[str, ...] = ()


@dataclass
class Erased:
    """What was taken out, or would be.

    Attributes:
        counts: What -> how many, in the order they were looked at.
        unread: Files that could not be read and may still hold rows, with the cause.
    """

    counts: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Rows, lines and entries together."""
        return sum(self.counts.values())


def compiled_accounts(folder: Path) -> list[KnownAccount]:
    """Return the accounts of the registry as it was compiled last, with ids and handles."""
    try:
        accounts = pq.read_table(folder / "accounts.parquet").to_pylist()
        handles = pq.read_table(folder / "account_handles.parquet").to_pylist()
    except (pa.ArrowException, OSError):
        return []
    called = defaultdict(list)
    for row in handles:
        called[row["account_id"]].append(row["handle"])
    return [
        KnownAccount(
            row["account_id"],
            row["organisation_id"],
            row["platform"],
            tuple(filter(None, (row["platform_account_id"], *called[row["account_id"]]))),
        )
        for row in accounts
    ]


def lake_accounts(lake: Path) -> set[tuple[str, str]]:
    """Return (account, platform) of every row in the lake; a part that is torn is left out."""
    found = set()
    for path in _lake_files(lake):
        platform = path.parent.parent.name.removeprefix("platform=")
        try:
            ids = pq.read_table(path, columns=["account_id"], partitioning=None).column(0)
        except (pa.ArrowException, OSError, KeyError):
            continue
        found |= {(account, platform) for account in pc.unique(ids).to_pylist()}
    return found


def names_of(lake: Path, accounts: Iterable[str], known: Iterable[KnownAccount]) -> Names:
    """Return all that the accounts are called, in the tables that know them and in the lake."""
    wanted = frozenset(accounts)
    aliases: dict[str, set[str]] = defaultdict(set)
    for account in known:
        aliases[account.account_id] |= set(account.aliases)
    for stream, columns in _ALIASES.items():
        for path in sorted((lake / stream).glob("platform=*/observed_date=*/*.parquet")):
            try:
                table = pq.read_table(path, columns=["account_id", *columns], partitioning=None)
            except (pa.ArrowException, OSError, KeyError):
                continue
            for row in table.filter(_is_of(table, wanted)).to_pylist():
                aliases[row["account_id"]] |= {row[c] for c in columns if row[c]}
    return Names(wanted, aliases)


def erase(lake: Path, derived: Path, names: Names, *, is_rehearsal: bool) -> Erased:
    """Take accounts out of the lake, its archive and the derived tables.

    The archive goes first: what the accounts are called is known from the lake, and must be known
    again by the run that finishes what a killed one began.

    Args:
        lake: The lake's folder.
        derived: The folder of derived tables.
        names: Of the accounts.
        is_rehearsal: Only count.
    """
    done = Erased()
    if not is_rehearsal:
        # Copies of what the parts say; the next build makes them anew.
        for path in (lake / "_compacted").rglob("*.parquet"):
            path.unlink()
    answers = sorted((lake / "_raw").glob("*/*/*.ndjson.zst"))
    done.counts["archived answers"] = sum(
        rewrite_answers(path, names, is_rehearsal=is_rehearsal) for path in answers
    )
    checkpoints = sorted((lake / "_raw").glob("*/*/*.checkpoint.ndjson"))
    done.counts["lines of unfinished runs"] = sum(
        rewrite_checkpoint(path, names, is_rehearsal=is_rehearsal) for path in checkpoints
    )
    budgets = (path for path in (lake / "_raw").rglob("budget*.json"))
    done.counts["places in the queue for tomorrow's budget"] = sum(
        Ledger(path).forget(names.accounts, is_rehearsal=is_rehearsal) for path in sorted(budgets)
    )
    for what, root, files in (
        ("rows of derived words and tones", derived, sorted(derived.rglob("*.parquet"))),
        ("rows of the lake", lake, list(_lake_files(lake))),
    ):
        done.counts[what] = sum(
            _without(path, root, names, done.unread.append, is_rehearsal=is_rehearsal)
            for path in files
        )
    if not is_rehearsal:
        for leftover in (lake / "_raw").glob("*/*/.*.checkpoint.ndjson.*"):
            leftover.unlink()  # a checkpoint that a killed run was rewriting
        for folder in (lake / "_raw").glob("*/*"):
            _remove_if_empty(folder)
    return done


def _lake_files(lake: Path) -> Iterator[Path]:
    for stream in SCHEMAS:
        for path in sorted((lake / stream).glob("platform=*/observed_date=*/*.parquet")):
            if path.parent.parent.name != f"platform={NOWHERE}":
                yield path


def _is_of(table: pa.Table, accounts: frozenset[str]) -> pa.ChunkedArray:
    return pc.is_in(table.column("account_id"), value_set=pa.array(sorted(accounts), pa.string()))


def _without(
    path: Path, root: Path, names: Names, tell: Callable[[str], object], *, is_rehearsal: bool
) -> int:
    """Write a table again without the accounts' rows; return how many there are."""
    try:
        ids = pq.read_table(path, columns=["account_id"], partitioning=None)
        gone = int(pc.sum(_is_of(ids, names.accounts)).as_py() or 0)
        if is_rehearsal or not gone:
            return gone
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError, KeyError) as error:
        tell(f"{path} cannot be read: {str(error).splitlines()[0]}")
        return 0
    kept = table.filter(pc.invert(_is_of(table, names.accounts)))
    if kept.num_rows:
        write_parquet(path, kept, root)
        return gone
    path.unlink()
    sync_directory(path.parent)
    _remove_if_empty(path.parent)
    return gone


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
