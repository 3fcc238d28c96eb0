"""The whole job as a process, in a data folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EFFEKTANALYS = str(Path(sys.executable).with_name("effektanalys"))


CANARY = "canary/7c1f+token=="
SECRETS = (
    "EFFEKTANALYS_X_BEARER_TOKEN",
    "EFFEKTANALYS_YOUTUBE_API_KEY",
    "EFFEKTANALYS_FACEBOOK_ACCESS_TOKEN",
    "EFFEKTANALYS_FACEBOOK_APP_SECRET",
    "EFFEKTANALYS_LINKEDIN_ACCESS_TOKEN",
)


class Installation:
    """A data folder and the command line over it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("EFFEKT", "DAGSTER"))}
        self.attempts = folder / "attempts.txt"
        self.environment = inherited | {
            "EFFEKTANALYS_DATA_DIR": str(self.data),
            "PYTHONPATH": str(Path(__file__).with_name("refusing")),
            "ATTEMPTS": str(self.attempts),
            **dict.fromkeys(SECRETS, CANARY),
        }

    @property
    def releases(self) -> Path:
        return self.data / "releases"

    @property
    def current(self) -> str:
        return str((self.releases / "current").readlink())

    def run(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [EFFEKTANALYS, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def script(self, name: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name(name)), *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [EFFEKTANALYS, *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def copy(self, folder: Path) -> Installation:
        other = Installation(folder)
        shutil.copytree(self.data, other.data, symlinks=True)
        return other


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """An installation after `effektanalys demo`, with what it printed. Copy it to change it."""
    installation = Installation(tmp_path_factory.mktemp("demo"))
    installation.printed = installation.run("demo").stdout
    return installation
