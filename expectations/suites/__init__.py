"""One suite a published table.

Belongs here: the checks' code, one file a table, gathered and compared with the list of required
checks. A table that is released without a suite, a required check without code and code that
nobody requires are errors when the suites are loaded, not surprises at a release.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from expectations.required_checks import ConfigurationError

if TYPE_CHECKING:
    from expectations.check import Check
    from expectations.required_checks import Configuration


def load_suites(configuration: Configuration) -> dict[str, Check]:
    """Return the code of every required check, by id.

    Raises:
        ConfigurationError: when a suite is missing or empty, or it and the list disagree.
    """
    found: dict[str, Check] = {}
    table_of: dict[str, str] = {}
    for table in configuration.tables:
        for check in _suite(table):
            found[check.id] = check
            table_of[check.id] = table
    required = {check.id: check.table for check in configuration.checks}
    problems = [
        f"{name} is required on {table} but its code is "
        + (f"in suites/{table_of[name]}.py" if name in table_of else "nowhere")
        for name, table in required.items()
        if table_of.get(name) != table
    ]
    problems += [
        f"{name} is in suites/{table}.py but not required"
        for name, table in table_of.items()
        if name not in required
    ]
    if problems:
        raise ConfigurationError(
            "The suites and required_checks.yaml differ: " + "; ".join(problems)
        )
    return found


def _suite(table: str) -> tuple[Check, ...]:
    name = f"{__name__}.{table}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ConfigurationError(
            f"Table {table} is released but has no suite: write suites/{table}.py"
        ) from None
    checks: tuple[Check, ...] = module.CHECKS
    if not checks:
        raise ConfigurationError(f"suites/{table}.py has no checks: an empty suite passes anything")
    return checks
