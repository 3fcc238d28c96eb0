"""The registry as tables says what the files say, and is left alone when they say the same."""

import subprocess
import sys
from datetime import date

import pyarrow.parquet as pq
import pytest

from extractors.registry import load_registry
from extractors.registry_tables import TABLES, compile_tables

INDUSTRY = """\
id: regions
name: Generated regions
organisations:
  - id: north
    name: Generated North
    population: {count: 1402425, year: 2024, source: Generated}
    attributes:
      county: Generated county
      group: [{value: A, valid_to: 2025-06-30}, {value: B, valid_from: 2025-07-01}]
    accounts:
      - platform: bluesky
        platform_id: did:plc:north
        handles:
          - {handle: old.example, valid_to: 2025-06-30}
          - {handle: new.example, valid_from: 2025-07-01}
        breaks: [{date: 2025-03-01, kind: other, note: A generated break}]
"""


@pytest.fixture
def compiled(tmp_path):
    (tmp_path / "industries").mkdir()
    (tmp_path / "industries" / "regions.yaml").write_text(INDUSTRY, encoding="utf-8")
    registry = load_registry(tmp_path)
    compile_tables(registry, tmp_path / "tables")
    return registry, tmp_path / "tables"


def rows(folder, table):
    return pq.read_table(folder / f"{table}.parquet").to_pylist()


def test_every_table_is_there_with_its_columns(compiled):
    _, folder = compiled
    for name, table in TABLES.items():
        assert pq.read_schema(folder / f"{name}.parquet").equals(table.schema)


def test_the_tables_say_what_the_file_says(compiled):
    _, folder = compiled
    [organisation] = rows(folder, "organisations")
    assert (organisation["population_count"], organisation["population_year"]) == (1402425, 2024)
    [account] = rows(folder, "accounts")
    assert (account["account_id"], account["definition"]) == ("north.bluesky", "followers")
    assert [
        (h["handle"], h["valid_from"], h["valid_to"]) for h in rows(folder, "account_handles")
    ] == [
        ("old.example", None, date(2025, 6, 30)),
        ("new.example", date(2025, 7, 1), None),
    ]
    [declared] = rows(folder, "declared_breaks")
    assert (declared["break_date"], declared["kind"]) == (date(2025, 3, 1), "other")
    attributes = rows(folder, "organisation_attributes")
    assert [(a["attribute"], a["value"]) for a in attributes] == [
        ("county", "Generated county"),
        ("group", "A"),
        ("group", "B"),
    ]


def test_compiling_again_changes_nothing(compiled):
    registry, folder = compiled
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert compile_tables(registry, folder) == []
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_the_tables_are_private(compiled):
    _, folder = compiled
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_torn_table_and_what_a_killed_run_left_are_mended(compiled):
    registry, folder = compiled
    torn = folder / "accounts.parquet"
    whole = torn.read_bytes()
    torn.write_bytes(whole[: len(whole) // 2])
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    (folder / f"accounts.parquet.0a1b2c3d.{ended.pid}.writing").write_bytes(b"PAR1")
    assert compile_tables(registry, folder) == [torn]
    assert torn.read_bytes() == whole
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"{name}.parquet" for name in TABLES)


def test_a_write_that_fails_leaves_the_old_table(compiled, tmp_path, monkeypatch):
    _, folder = compiled
    before = {p: p.read_bytes() for p in folder.glob("*.parquet")}
    file = tmp_path / "industries" / "regions.yaml"
    file.write_text(INDUSTRY.replace("did:plc:north", "did:plc:other"), encoding="utf-8")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("extractors.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        compile_tables(load_registry(tmp_path), folder)
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


def test_another_order_in_the_file_is_the_same_tables(compiled, tmp_path):
    _, folder = compiled
    second = "{date: 2025-03-01, kind: other, note: Zeta}"
    first = "{date: 2025-03-01, kind: other, note: A generated break}"
    assert first in INDUSTRY
    changes = []
    for both in (f"{first}, {second}", f"{second}, {first}"):
        text = INDUSTRY.replace(first, both)
        (tmp_path / "industries" / "regions.yaml").write_text(text, encoding="utf-8")
        changes.append(compile_tables(load_registry(tmp_path), folder))
    assert changes == [[folder / "declared_breaks.parquet"], []]
