"""The commands that forget: answers that are due, accounts that asked for it, their releases.

Belongs here: words and exit codes. Does not belong here: what is removed (`erasure.py`, `steps.py`
and `publication/clearing.py`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.refusal import fail
from orchestration.settings import get_settings

_WAYS = (
    "To delete answers that are due: effektanalys purge --raw. To forget somebody: "
    "effektanalys purge --account ID, or --organisation ID"
)


def purge(
    raw: Annotated[
        bool, typer.Option("--raw", help="Answers of platforms that are due; records stay.")
    ] = False,
    account: Annotated[str | None, typer.Option(help="An account to erase everywhere.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Erase all of its accounts.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only its accounts on this one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Delete answers older than platforms' terms allow, or all that is stored of somebody."""
    if sum((raw, account is not None, organisation is not None)) != 1:
        raise fail(f"Nothing was deleted. {_WAYS}")
    if raw and (platform or dry_run):
        raise fail(f"Nothing was deleted: --raw takes no other option. {_WAYS}")
    if raw:
        _purge_raw()
    else:
        _erase(account, organisation, platform, dry_run=dry_run)


def _purge_raw() -> None:
    from orchestration.steps import purge_raw

    for purged in purge_raw(get_settings()):
        typer.echo(str(purged))


def _erase(
    account: str | None, organisation: str | None, platform: str | None, *, dry_run: bool
) -> None:
    from extractors.errors import ExtractionError
    from extractors.lake import LakeRefused
    from extractors.locks import WarehouseBusy
    from extractors.records import Platform
    from extractors.registry import RegistryError
    from extractors.words import nearest
    from orchestration.erasure import ErasureRefused, Wanted, erase_accounts
    from publication.release import ReleaseRefused

    known = [p.value for p in Platform]
    if platform is not None and platform not in known:
        raise fail(f"There is no platform {platform!r}{nearest(platform, known)}")
    wanted = Wanted(account, organisation, platform)
    try:
        report = erase_accounts(get_settings(), wanted, is_rehearsal=dry_run)
    except RegistryError as error:
        raise fail(f"{error}\nThe registry comes first. Run: effektanalys registry check") from None
    except (ErasureRefused, ExtractionError, LakeRefused, ReleaseRefused, WarehouseBusy) as error:
        raise fail(str(error)) from None
    typer.echo(str(report))
    for problem in report.unread:
        typer.echo(problem, err=True)
    if report.unread:
        raise fail("These may still hold its rows. Mend or delete them, then run this again.")


def release_remove(
    release: Annotated[str, typer.Argument(help="A release that must go, e.g. 2026-Q1/r1.")],
) -> None:
    """Take one release away because of what it holds. The current one stays."""
    from extractors.locks import WarehouseBusy
    from publication.clearing import remove_release
    from publication.release import ReleaseRefused

    try:
        name = remove_release(get_settings().releases_dir, release)
    except (ReleaseRefused, WarehouseBusy) as error:
        raise fail(str(error)) from None
    typer.echo(f"Removed {name}. Its number is not given again.")
