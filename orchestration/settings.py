"""Where things lie and which zone days are counted in: the only module that reads the environment.

Belongs here: paths and switches a deployment sets. Does not belong here: credentials of platforms
(each platform module names its own) or anything that could be derived.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout. dbt runs in its own folder, so every path handed on is absolute."""

ENV_FILE = PROJECT_ROOT / ".env"
_OTHERS_BITS = 0o077
_SPARK = "EFFEKTANALYS_SPARK_"


class KeysExposed(RuntimeError):
    """Keys lie in a file that others on this machine may read."""


class Settings(BaseSettings):
    """Settings from `EFFEKTANALYS_*` variables or `.env`; the environment wins.

    Attributes:
        data_dir: Everything the pipeline writes lies below it.
        registry_dir: Who is measured: `industries/*.yaml` and `waivers.yaml`.
        timezone: IANA zone whose calendar days and quarters are reported.
        sandbox_url: Base address of a running sandbox; when set, every platform is read from it
            and its records say so.
        notify_urls: Apprise addresses, separated by spaces, that are told of a failed run.
        memory_limit: What DuckDB may hold in memory while dbt builds, e.g. `4GB`; what does not fit
            is put on disk meanwhile. dbt itself takes 250 MB more.
        target: Where dbt builds: here, on a Spark Thrift server, or in a Spark application of its
            own. See docs/outgrow-one-machine.md.
        spark_dbt: The dbt of the environment that has Spark's adapter (`make .venv-spark/.ready`).
        spark_warehouse: Where Spark keeps its tables (`spark.sql.warehouse.dir`), as seen from
            here; by default `spark` below the data folder.
    """

    model_config = SettingsConfigDict(env_prefix="EFFEKTANALYS_", env_file=ENV_FILE, extra="ignore")

    data_dir: Path = PROJECT_ROOT / "data"
    registry_dir: Path = PROJECT_ROOT / "registry"
    timezone: str = "Europe/Stockholm"
    sandbox_url: str | None = Field(default=None)
    notify_urls: SecretStr = SecretStr("")
    memory_limit: str = Field(default="700MB", pattern=r"^[0-9]+(\.[0-9]+)?(MB|GB|MiB|GiB)$")
    target: Literal["duckdb", "spark", "spark_session"] = "duckdb"
    spark_dbt: Path = PROJECT_ROOT / ".venv-spark/bin/dbt"
    spark_warehouse: Path = Field(default_factory=lambda values: values["data_dir"] / "spark")

    @field_validator("data_dir", "registry_dir", "spark_warehouse")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @property
    def credentials(self) -> dict[str, str]:
        """Platform keys from `.env` and the environment, which wins; modules pick theirs."""
        read = {k: v for k, v in dotenv_values(ENV_FILE).items() if v}
        return {
            name: value
            for name, value in {**read, **os.environ}.items()
            if name.startswith("EFFEKTANALYS_")
        }

    @property
    def lake_dir(self) -> Path:
        """Append-only Parquet: what was fetched or imported."""
        return self.data_dir / "lake"

    @property
    def registry_tables_dir(self) -> Path:
        """The registry as Parquet tables, as dbt reads it."""
        return self.data_dir / "registry"

    @property
    def derived_dir(self) -> Path:
        """What is read out of the lake's texts: words and tones, as dbt reads them."""
        return self.data_dir / "derived"

    @property
    def warehouse(self) -> Path:
        """The candidate that dbt writes; never opened by analysts."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def warehouse_lock(self) -> Path:
        """The file whose holder may write the warehouse."""
        return self.data_dir / "warehouse.lock"

    @property
    def gate_dir(self) -> Path:
        """Receipts and gate reports, one folder a quarter."""
        return self.data_dir / "gate"

    @property
    def releases_dir(self) -> Path:
        """Immutable releases and the `current` pointer."""
        return self.data_dir / "releases"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.data_dir / "dagster"

    @property
    def dbt_dir(self) -> Path:
        """Dbt's target and logs."""
        return self.data_dir / "dbt"


@lru_cache
def get_settings() -> Settings:
    """Return the settings of this process, read once.

    Raises:
        KeysExposed: when others may read the keys in `.env`.
    """
    refuse_exposed_keys(ENV_FILE)
    return Settings()


def refuse_exposed_keys(file: Path) -> None:
    """Refuse keys that others may read; a file of folders and switches may be anybody's.

    Raises:
        KeysExposed: naming the file, its mode and the command that mends it.
    """
    if not file.is_file():
        return
    mode = file.stat().st_mode & 0o777
    switches = {f"EFFEKTANALYS_{name.upper()}" for name in Settings.model_fields}
    keys = [
        name
        for name, value in dotenv_values(file).items()
        if value and name not in switches and not name.startswith(_SPARK)
    ]
    if mode & _OTHERS_BITS and keys:
        raise KeysExposed(
            f"{file} holds keys ({', '.join(keys)}) and others on this machine may read it "
            f"(mode {mode:04o}): nothing was done. Run: chmod 600 {file}"
        )


def prepare_environment(settings: Settings) -> None:
    """Create the data folders and set what Dagster, dbt and Great Expectations read.

    The data folder is private (0700): raw platform answers may be stored in it. A deployment's own
    `DAGSTER_HOME` is kept.
    """
    os.umask(0o077)
    for folder in (settings.data_dir, settings.dagster_home, settings.dbt_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    instance_config = settings.dagster_home / "dagster.yaml"
    if not instance_config.exists():
        instance_config.write_bytes((PROJECT_ROOT / "dagster.yaml").read_bytes())
    os.environ.setdefault("DAGSTER_HOME", str(settings.dagster_home))
    os.environ["EFFEKTANALYS_DATA_DIR"] = str(settings.data_dir)
    os.environ["EFFEKTANALYS_TIMEZONE"] = settings.timezone
    os.environ["EFFEKTANALYS_MEMORY_LIMIT"] = settings.memory_limit
    for name, value in settings.credentials.items():
        if name.startswith(_SPARK):  # dbt's profile reads these, and knows no .env
            os.environ.setdefault(name, value)
    os.environ[f"{_SPARK}WAREHOUSE"] = str(settings.spark_warehouse)
    # `dg` warns when it runs from an environment that was not activated.
    os.environ["VIRTUAL_ENV"] = sys.prefix
    # dagster-dbt and dbt both write below these; without them they write beside the code.
    os.environ["DBT_TARGET_PATH"] = str(settings.dbt_dir / "target")
    os.environ["DBT_LOG_PATH"] = str(settings.dbt_dir / "logs")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
