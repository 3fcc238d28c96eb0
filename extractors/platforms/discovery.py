"""Which platforms can be read: those of the enum that have a module.

Belongs here: finding modules by name. Does not belong here: any list of platforms.
"""

from __future__ import annotations

import difflib
import importlib
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from extractors.records import Platform

if TYPE_CHECKING:
    from extractors.platforms.base import PlatformExtractor


@lru_cache
def platforms() -> tuple[type[PlatformExtractor], ...]:
    """Return the extractor of every platform that has a module, in the enum's order.

    Each has `name`, `title`, `streams` and `credentials` (see `base.PlatformExtractor`).
    """
    found: list[type[PlatformExtractor]] = []
    for platform in Platform:
        module = f"{__package__}.{platform.value}"
        if find_spec(module) is not None:
            found.append(importlib.import_module(module).EXTRACTOR)
    return tuple(found)


def extractor_for(name: str) -> type[PlatformExtractor]:
    """Return the extractor of a platform.

    Raises:
        ValueError: naming the nearest platform that has one.
    """
    known = {extractor.name: extractor for extractor in platforms()}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(known)}."
        raise ValueError(f"No extractor reads {name!r}.{hint}")
    return known[name]
