"""Dagster's SQLite storage with its event log's connections kept open.

Belongs here: how the event log connects. Does not belong here: what is stored, which is Dagster's.

Dagster makes an engine for every statement and closes the connection after it. Closing the last
connection of a database in WAL mode copies the log into the file and waits for the disk, and a new
engine compiles every statement anew. A quarter's run writes 1,300 events in some 7,000 statements:
kept open, it takes half the CPU seconds and two thirds of the time. Take both classes out (and the
block in `dagster.yaml`) once Dagster keeps its connections itself; the files are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from sqlalchemy.event import listen
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from dagster._core.storage.sqlite_storage import SqliteStorageConfig
    from dagster._serdes import ConfigurableClassData
    from sqlalchemy.engine import Connection, Engine

_OPEN_SHARDS = 8
"""Databases kept open: the index, and the runs that are being written or looked at."""


def _wait_less_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    """Wait for the disk at checkpoints only, not at each of thousands of commits.

    SQLite's own advice for WAL: a killed process loses nothing, a power cut at most the last events
    and never the file.
    """
    connection.execute("pragma synchronous = normal")


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's event log, one database a run and an index, connected once each."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # The lock lets one thread in at a time, so each database needs one connection.
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            listen(engine, "connect", _wait_less_for_the_disk)
        self._engines[shard] = engine
        while len(self._engines) > _OPEN_SHARDS:
            _, oldest = self._engines.popitem(last=False)
            oldest.dispose()
        return engine

    def wipe(self) -> None:
        """Let go of every database, then delete them."""
        self._let_go()
        super().wipe()

    def dispose(self) -> None:
        """Close every connection."""
        self._let_go()
        super().dispose()

    def _let_go(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


class PooledSqliteStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage over the pooled event log; `storage.custom` in `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        plain = self._event_log_storage
        self._event_log_storage = PooledSqliteEventLogStorage(plain._base_dir)  # noqa: SLF001

    @classmethod
    def from_config_value(  # type: ignore[override]  # as its parent does
        cls, inst_data: ConfigurableClassData | None, config_value: SqliteStorageConfig
    ) -> PooledSqliteStorage:
        """Return the storage that a `dagster.yaml` describes."""
        return cls.from_local(config_value["base_dir"], inst_data)
