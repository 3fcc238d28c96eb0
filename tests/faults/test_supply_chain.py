"""Case 73: what a release says of its packages, what is pinned, and what is installed agree."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from publication import parts
from publication.errors import ReleaseRefused

ROOT = Path(__file__).parents[2]
BUILD_TOOLS = {"hatchling", "editables", "trove-classifiers"}
"""They install the project itself and are no part of what made a release."""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; ([^\\]+))?", re.MULTILINE)


def pinned(lock):
    """Name and version of every pin that is for this machine."""
    return {
        canonicalize_name(name): pin
        for name, pin, marker in _PIN.findall((ROOT / lock).read_text(encoding="utf-8"))
        if not marker or Marker(marker.strip()).evaluate()
    }


@pytest.fixture(scope="module")
def listed():
    return json.loads(parts.list_of_parts("0.1.0+abc"))


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_case_73_the_list_is_cyclonedx_by_its_own_schema(listed):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(listed)) is None
    read = Bom.from_json(listed)
    assert read.metadata.component.name == "effektanalys"
    assert {str(c.purl) for c in read.components if c.name == "duckdb"} == {
        f"pkg:pypi/duckdb@{version('duckdb')}"
    }
    # Every edge leads to a part, and from the project every part is reached.
    edges = {edge["ref"]: edge["dependsOn"] for edge in listed["dependencies"]}
    reached, waiting = set(), [listed["metadata"]["component"]["bom-ref"]]
    while waiting:
        reference = waiting.pop()
        if reference not in reached:
            reached.add(reference)
            waiting += edges[reference]
    assert reached == set(edges)
    assert len(edges) == len(listed["components"])  # the interpreter needs nobody, ours is no part


def test_case_73_the_list_the_lock_and_what_is_installed_agree(listed):
    stated = {c["name"]: c["version"] for c in listed["components"] if c["type"] == "library"}
    assert stated == {name: version(name) for name in stated}
    lock = pinned("requirements.lock")
    assert lock.keys() - stated.keys() <= BUILD_TOOLS | {"pathspec", "pluggy"}
    assert {name: pin for name, pin in lock.items() if name in stated} == stated


def test_case_73_what_developers_need_is_pinned_to_the_same_versions():
    both = pinned("requirements.lock")
    more = pinned("requirements-dev.lock")
    assert {name: more[name] for name in both if name in more} == {
        name: pin for name, pin in both.items() if name in more
    }
    assert {"pip-audit", "pytest"} <= more.keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_case_73_every_pin_has_its_hash_and_none_says_where_to_get_it(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", "\n".join(x for x in text.splitlines() if "#" not in x))
    assert len(entries) > 10
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_case_73_the_same_packages_give_the_same_bytes_in_another_process():
    lines = "from publication.parts import list_of_parts; print(list_of_parts('1'), end='')"
    other = subprocess.run(
        [sys.executable, "-c", lines],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
        capture_output=True,
        check=True,
    )
    assert other.stdout.decode() == parts.list_of_parts("1")


def test_case_73_an_installation_that_lacks_a_package_releases_nothing(monkeypatch):
    found = parts.distribution

    def missing(name):
        if name == "duckdb":
            raise parts.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(parts, "distribution", missing)
    with pytest.raises(ReleaseRefused, match=r"(?s)duckdb is needed.*effektanalys doctor"):
        parts.parts_of.__wrapped__()


@pytest.mark.parametrize(
    ("licence", "is_in_order"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("GNU General Public License v3 (GPLv3)", False),
        (None, False),
    ],
)
def test_case_73_a_licence_is_agreed_to_or_named(audit, licence, is_in_order):
    part = parts.Part("thing", "1.0", licence, ())
    assert bool(audit.out_of_order((part,))) is not is_in_order


def test_case_73_every_licence_of_what_is_installed_is_in_order(audit):
    assert audit.out_of_order(parts.parts_of()) == []


class Said:
    """What pip-audit left behind."""

    def __init__(self, stdout="", stderr=""):
        self.stdout, self.stderr = stdout, stderr


def looking_up(audit, monkeypatch, capsys, said):
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: said)
    return audit.main(), capsys.readouterr().out


def test_case_73_a_service_out_of_reach_is_said_and_forgiven(audit, monkeypatch, capsys):
    broken = "requests.exceptions.ConnectionError: Max retries exceeded with url: /pypi/agate"
    code, told = looking_up(audit, monkeypatch, capsys, Said(stderr=broken))
    assert code == 0
    assert "could not be reached: nothing was looked up" in told


def test_case_73_a_service_that_knows_nothing_is_not_taken_for_a_clean_bill(
    audit, monkeypatch, capsys
):
    skipped = json.dumps({"dependencies": [{"name": "agate", "skip_reason": "not found"}]})
    code, told = looking_up(audit, monkeypatch, capsys, Said(stdout=skipped))
    assert code == 0
    assert "answered for none of them: nothing was looked up" in told


def test_case_73_a_known_hole_is_named_with_the_version_that_mends_it(audit, monkeypatch, capsys):
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["3.2.1"], "aliases": []}
    found = {"dependencies": [{"name": "jinja2", "version": "3.1.0", "vulns": [hole]}]}
    code, told = looking_up(audit, monkeypatch, capsys, Said(stdout=json.dumps(found)))
    assert code == 1
    assert "jinja2 3.1.0: PYSEC-2026-1 (mended in 3.2.1)" in told


def test_case_73_a_lock_that_cannot_be_read_is_no_unreachable_service(audit, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="hash mismatch"):
        looking_up(audit, monkeypatch, capsys, Said(stderr="ERROR: hash mismatch in line 3"))
