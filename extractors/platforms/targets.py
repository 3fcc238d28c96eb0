"""Which accounts a run asks for: those of the registry that live on the platform that day.

Belongs here: reading the registry's accounts. Does not belong here: the registry's rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractors.platforms.session import Target
from extractors.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from extractors.registry import RegistryAccount


def targets_of(
    accounts: Registry | Iterable[RegistryAccount], platform: str, day: date
) -> list[Target]:
    """Return the platform's accounts of a local day, in order of their ids.

    Args:
        accounts: The registry, or some of its accounts.
        platform: Name in `records.Platform`.
        day: Local date they must be valid on.
    """
    known = accounts.accounts() if isinstance(accounts, Registry) else accounts
    targets = [
        Target(
            account_id=account.account_id,
            platform_id=account.platform_account_id,
            handle=account.handle_on(day),
            definition=account.definition,
        )
        for account in known
        if account.platform == platform and account.valid_on(day)
    ]
    return sorted(targets, key=lambda target: target.account_id)
