"""Keep dbt's manifest and its documentation in step with the dbt project.

Dagster reads the asset graph from `manifest.json`. Parsing takes about eight seconds, so both are
done only when a file of the project differs from those they were made of.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from orchestration.settings import PROJECT_ROOT, Settings, prepare_environment

log = logging.getLogger(__name__)

DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
TARGET = "duckdb"
"""Named in every command: dbt parses anew what it parsed for another target, or for none."""
_PARSED_SUFFIXES = {".sql", ".yml", ".csv", ".md"}


class DbtParseError(RuntimeError):
    """dbt could not read its own project; the message ends with dbt's words."""


def project_fingerprint(project_dir: Path = DBT_PROJECT_DIR) -> str:
    """Return a sha256 over the names and contents of every file that dbt parses."""
    digest = hashlib.sha256()
    for path in sorted(project_dir.rglob("*")):
        if path.suffix in _PARSED_SUFFIXES and path.is_file():
            digest.update(str(path.relative_to(project_dir)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_manifest(settings: Settings) -> Path:
    """Return the path of a manifest that matches the project, parsing it if it does not.

    Raises:
        DbtParseError: when `dbt parse` fails; its output is part of the message.
    """
    prepare_environment(settings)
    target = settings.dbt_dir / "target"
    manifest, stamp = target / "manifest.json", target / "manifest.fingerprint"
    with FileLock(settings.dbt_dir / "parse.lock"):
        wanted = project_fingerprint()
        if manifest.exists() and stamp.exists() and stamp.read_text() == wanted:
            return manifest
        completed = run_here("parse")
        if completed.returncode != 0:
            raise DbtParseError(
                "dbt could not parse dbt_project/. Run `make dbt ARGS=parse` to see it alone.\n"
                f"{completed.stdout[-4000:]}{completed.stderr[-2000:]}"
            )
        stamp.write_text(wanted)
    return manifest


def ensure_docs(settings: Settings) -> Path | None:
    """Return dbt's documentation as one static page that matches the project, or None.

    A release goes out without it when dbt cannot write it: every description is in the tables, too.
    No catalogue is asked for: it would open the warehouse, and the contracts hold the types.
    """
    manifest = ensure_manifest(settings)
    folder = settings.dbt_dir / "docs"
    folder.mkdir(exist_ok=True)
    page, stamp = folder / "static_index.html", folder / "docs.fingerprint"
    with FileLock(settings.dbt_dir / "docs.lock"):
        wanted = project_fingerprint()
        if page.exists() and stamp.exists() and stamp.read_text() == wanted:
            return page
        shutil.copyfile(manifest, folder / "manifest.json")
        parsed = manifest.with_name("partial_parse.msgpack")
        if parsed.exists():
            shutil.copyfile(parsed, folder / parsed.name)
        options = ("--static", "--empty-catalog", "--no-compile", "--target-path", str(folder))
        completed = run_here("docs", "generate", *options)
        if completed.returncode != 0 or not page.exists():
            log.warning("dbt wrote no documentation: %s", completed.stdout[-500:].strip())
            return None
        stamp.write_text(wanted)
    return page


def run_here(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a dbt command on DuckDB to its end, whatever that is; what it says is kept."""
    return subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [dbt_executable(), *dbt_arguments(command, *arguments, "--target", TARGET)],
        cwd=DBT_PROJECT_DIR,
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=False,
    )


def dbt_executable() -> str:
    """Return the dbt beside our own interpreter: the pinned one, activated or not."""
    return str(Path(sys.executable).with_name("dbt"))


def dbt_arguments(command: str, *arguments: str) -> list[str]:
    """Return dbt's command line with our project and profile in it."""
    return [
        "--no-use-colors",
        command,
        *arguments,
        "--project-dir",
        str(DBT_PROJECT_DIR),
        "--profiles-dir",
        str(DBT_PROJECT_DIR),
    ]
