"""A real standalone Spark cluster of separate processes on loopback, from the PyPI package alone.

Belongs here: starting one master, some workers and a Thrift server, and ending them by process id.
Does not belong here: what is computed on it. Ports are the system's choice; everything is written
below one folder.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
SPARK_VENV = ROOT / ".venv-spark"
_PATIENCE = 180.0
"""Seconds until a process that does not answer is given up; it takes 5 to 20 on two cores."""
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
"""For a JVM that plans for minutes: compiling its code well costs more than running it. In the
48 MB that Java would keep for such code a fifth of the CPU went into making room. Executors work on
rows and keep Java's own ways."""


def spark_home() -> Path:
    """Return the folder of the installed pyspark."""
    return next((SPARK_VENV / "lib").glob("python3*/site-packages/pyspark"))


@dataclass
class Cluster:
    """One master, workers with a core each, and a Thrift server that holds all of them.

    Attributes:
        folder: Logs, scratch files and the metastore go here.
        warehouse: Where tables lie, one folder a schema; every worker must see it.
        worker_count: Workers of one core each.
        memory: Of each worker, MB.
    """

    folder: Path
    warehouse: Path
    worker_count: int = 2
    memory: int = 1024
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: int = 0
    _others: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _logs: list[IO[bytes]] = field(default_factory=list)
    _status: str = ""

    def __enter__(self) -> Self:
        """Start everything and wait until the Thrift server answers."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process that was started here."""
        self.stop()

    def alive_workers(self) -> int:
        """Return how many workers the master counts as alive."""
        with urllib.request.urlopen(self._status, timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])

    def kill_worker(self) -> None:
        """Kill one worker as a failing machine would; its executor ends with it."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def stop(self) -> None:
        """End every process that was started here, the Thrift server first."""
        for process in [*reversed(self._others), *self.workers]:
            process.terminate()
        for process in [*self._others, *self.workers]:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self._logs:
            log.close()
        self._others, self.workers, self._logs = [], [], []

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        master_port, status_port, self.port = _free_ports(3)
        master = f"spark://127.0.0.1:{master_port}"
        self._status = f"http://127.0.0.1:{status_port}/json/"
        self._others.append(
            self._run(
                "master", "spark-class", "org.apache.spark.deploy.master.Master",
                "--host", "127.0.0.1", "--port", str(master_port), "--webui-port", str(status_port),
            )
        )  # fmt: skip
        self._await("master", self._others[0], lambda: self.alive_workers() == 0)
        for number in range(self.worker_count):
            self.workers.append(
                self._run(
                    f"worker-{number}", "spark-class", "org.apache.spark.deploy.worker.Worker",
                    "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1",
                    "--memory", f"{self.memory}m",
                    "--work-dir", str(self.folder / f"work-{number}"), master,
                )
            )  # fmt: skip
        self._await("workers", self.workers[-1], lambda: self.alive_workers() == self.worker_count)
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.executor.memory": f"{self.memory - 124}m",
            "spark.sql.warehouse.dir": str(self.warehouse),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "4",
            "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
            "spark.sql.legacy.createHiveTableByDefault": "false",
            # With a session for each model, every model asks for every table's files anew.
            "spark.sql.hive.thriftServer.singleSession": "true",
            # Few rows are one task, not one for each core.
            "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
            "spark.ui.enabled": "false",
        }
        self._others.append(
            self._run(
                "thrift", "spark-submit",
                "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
                "--master", master,
                "--driver-java-options",
                f"-Dderby.system.home={self.folder / 'metastore'} {_SHORT_LIVED}",
                *(word for key, value in settings.items() for word in ("--conf", f"{key}={value}")),
                "spark-internal",
                "--hiveconf", f"hive.server2.thrift.port={self.port}",
                "--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1",
            )
        )  # fmt: skip
        self._await("thrift", self._others[-1], self._answers)

    def _run(self, name: str, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        home = spark_home()
        log = (self.folder / f"{name}.log").open("wb")
        self._logs.append(log)
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder / "scratch"),
            # The Thrift server is the driver, and counts as a daemon here.
            "SPARK_DAEMON_MEMORY": "1g" if name == "thrift" else "256m",
            "SPARK_DAEMON_JAVA_OPTS": _SHORT_LIVED,
        }
        # The scripts end in exec, so the id of the process is that of the JVM.
        return subprocess.Popen(
            [str(home / "bin" / program), *arguments],
            cwd=self.folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True

    def _await(
        self, what: str, process: subprocess.Popen[bytes], ready: Callable[[], bool]
    ) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.2)
        said = "\n".join(
            f"{log.name}: ...{log.read_text(errors='replace')[-1500:]}"
            for log in sorted(self.folder.glob("*.log"))
        )
        how = "did not answer in time" if process.poll() is None else "ended at once"
        raise RuntimeError(f"Spark's {what} {how}.\n{said}")


def java_missing() -> str | None:
    """Return what to do where there is no Java, else None."""
    if shutil.which("java") or os.environ.get("JAVA_HOME"):
        return None
    return "Spark needs Java 17 and there is none. Run: apt-get install openjdk-17-jre-headless"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()
