"""Jobs a few at a time, their results as they come.

Belongs here: how jobs run beside each other and end. Does not belong here: what they do.
"""

from __future__ import annotations

import asyncio
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from extractors.errors import QuotaExhausted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence

    from extractors.platforms.session import Outcome, Target


async def in_parallel(
    jobs: Iterator[Callable[[], Awaitable[list[Outcome]]]], workers: int
) -> AsyncGenerator[list[Outcome]]:
    """Yield the results of jobs as they finish, `workers` at a time.

    The first exception ends it, after everything that finished earlier was yielded. When a budget
    is used up nothing more is begun, but what is under way is read to its end: it was paid for.
    """
    finished: asyncio.Queue[list[Outcome] | BaseException | None] = asyncio.Queue()
    used_up: QuotaExhausted | None = None

    async def work() -> None:
        try:
            for job in takewhile(lambda _: used_up is None, jobs):
                finished.put_nowait(await job())
        except Exception as error:  # noqa: BLE001 - handed on to whoever reads the results
            finished.put_nowait(error)
        else:
            finished.put_nowait(None)

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    try:
        for _ in tasks:
            while isinstance(result := await finished.get(), list):
                yield result
            if isinstance(result, QuotaExhausted):
                used_up = result
            elif result is not None:
                raise result
        if used_up:
            raise used_up
    finally:
        await _end(tasks)


def batched(targets: Iterable[Target], size: int) -> Iterator[list[Target]]:
    """Yield accounts by the `size`, the last ones by what is left."""
    rest = iter(targets)
    while batch := list(islice(rest, size)):
        yield batch


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
