"""Who is told when something failed: mail, Teams, Slack and others, by Apprise addresses.

Belongs here: the sending. Does not belong here: what is told (`automation/sensors.py`), or any
address: they are secrets and come from `EFFEKTANALYS_NOTIFY_URLS`.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def tell(addresses: str, title: str, body: str) -> bool:
    """Send one message to every address; return whether all of them took it.

    Args:
        addresses: Apprise addresses separated by spaces, e.g. `mailto://… slack://…`.
        title: One line.
        body: Plain text.
    """
    # Imported here: it knows a hundred services, and most processes never tell anybody.
    import apprise

    post = apprise.Apprise()
    with _unlogged():
        added = [post.add(address) for address in addresses.split()]
        sent = post.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    return all(added) and bool(sent)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep the addresses out of every log: they hold the tokens, and those who send name them."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3.connectionpool")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
