"""Which checks a release demands: the versioned list, read once and validated.

Belongs here: reading `required_checks.yaml`. The checks' code is in `suites/`.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

CONFIGURATION_FILE = Path(__file__).with_name("required_checks.yaml")

Parameter = float | int | list[str]
Severity = Literal["error", "warn"]


class ConfigurationError(RuntimeError):
    """The list of required checks and the suites do not fit together; the message says where."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequiredCheck(_Strict):
    """One required check: its id, the table it hangs on, and what it means in one sentence."""

    id: str
    table: str
    severity: Severity
    meaning: str
    parameters: dict[str, Parameter] = Field(default_factory=dict)


class Configuration(_Strict):
    """The whole list.

    Attributes:
        version: Version of the file's layout.
        row_cap: Most rows that one batch may have.
        tables: Released tables with the columns that name one row of each.
        checks: Required checks, in the order of the report.
    """

    version: Literal[1]
    row_cap: int = Field(gt=0)
    tables: dict[str, tuple[str, ...]]
    checks: tuple[RequiredCheck, ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Configuration:
        ids = [check.id for check in self.checks]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"checks named twice: {', '.join(twice)}")
        homeless = sorted({check.table for check in self.checks} - set(self.tables))
        if homeless:
            raise ValueError(f"checks on tables that are not released: {', '.join(homeless)}")
        unchecked = sorted(set(self.tables) - {check.table for check in self.checks})
        if unchecked:
            raise ValueError(f"released tables without a check: {', '.join(unchecked)}")
        return self

    def fingerprint(self) -> str:
        """Return a sha256 of what is demanded; wording and comments of the file do not count."""
        demanded = self.model_dump_json(exclude={"checks": {"__all__": {"meaning"}}})
        return hashlib.sha256(demanded.encode()).hexdigest()


@lru_cache
def load_configuration(path: Path = CONFIGURATION_FILE) -> Configuration:
    """Return the configuration in force.

    Raises:
        ConfigurationError: when the file is not what it should be.
    """
    try:
        return Configuration.model_validate(YAML(typ="safe").load(path))
    except (ValueError, YAMLError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def required_checks() -> tuple[RequiredCheck, ...]:
    """Return the required checks in force, in the order of the report."""
    return load_configuration().checks
