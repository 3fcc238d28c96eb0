"""The pipeline's steps as plain functions: Dagster's assets and the command line call the same ones.

Belongs here: handing each room the settings it needs. Does not belong here: Dagster, or any rule
that a room could hold itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.lake import Lake
from extractors.locks import WarehouseLock
from extractors.registry import Registry, load_registry
from extractors.registry_tables import compile_tables
from orchestration.partitions import quarter_bounds
from orchestration.settings import Settings, prepare_environment

if TYPE_CHECKING:
    from expectations.gate import GateResult
    from extractors.imports import ImportReport
    from extractors.platforms import ExtractionReport
    from publication.release import Published

SETTLING = timedelta(days=7)
"""Posts and inquiries of a quarter are read until this long after its end."""


def load(settings: Settings) -> Registry:
    """Return the validated registry."""
    return load_registry(settings.registry_dir)


def open_lake(settings: Settings) -> Lake:
    """Return the lake, laid out and cleaned of what a killed run left."""
    prepare_environment(settings)
    lake = Lake(settings.lake_dir, settings.timezone)
    lake.initialise()
    return lake


def compile_registry(settings: Settings) -> Registry:
    """Validate the registry and lay it out as tables for dbt."""
    registry = load(settings)
    open_lake(settings)
    compile_tables(registry, settings.registry_tables_dir)
    return registry
