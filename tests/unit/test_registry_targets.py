"""Targets and peer groups of the registry: read as written, refused with the nearest right word."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

from extractors.registry import RegistryError, load_registry
from extractors.registry_models import ComparedMetric
from extractors.registry_tables import compile_tables

ROOT = Path(__file__).resolve().parents[2]
INDUSTRY = """\
id: regions
name: Generated regions
organisations:
  - id: north
    name: Generated North
    rollup: main
    accounts: [{platform: bluesky, platform_id: "did:plc:north"}]
    targets:
      - {metric: followers_end_count, platform: bluesky, value: 12000, by: 2026-12-31}
      - {metric: response_rate_pct, platform: bluesky, value: 92.50, by: 2026-06-30}
  - id: south
    name: Generated South
peer_groups:
  - id: coast
    name: Generated coast
    organisations: [south, north]
    valid_from: 2026-04-01
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "industries").mkdir()
    return tmp_path


def write(folder, text):
    (folder / "industries" / "regions.yaml").write_text(text, encoding="utf-8")
    return folder


def rows(folder, table):
    return pq.read_table(folder / "tables" / f"{table}.parquet").to_pylist()


def test_the_tables_say_what_the_file_says(folder):
    compile_tables(load_registry(write(folder, INDUSTRY)), folder / "tables")
    assert [(o["organisation_id"], o["rollup"]) for o in rows(folder, "organisations")] == [
        ("north", "main"),
        ("south", "sum"),
    ]
    assert [(t["metric"], t["target_value"], t["by_date"]) for t in rows(folder, "targets")] == [
        ("followers_end_count", 12000.0, date(2026, 12, 31)),
        ("response_rate_pct", 92.5, date(2026, 6, 30)),
    ]
    assert [
        (g["peer_group_id"], g["industry_id"], g["organisation_id"], g["valid_from"])
        for g in rows(folder, "peer_groups")
    ] == [
        ("coast", "regions", "north", date(2026, 4, 1)),
        ("coast", "regions", "south", date(2026, 4, 1)),
    ]


TARGET = "{metric: followers_end_count, platform: bluesky, value: 12000, by: 2026-12-31}"


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ("[south, north]", "[south, nort]", 16, "is not in this industry; did you mean 'north'?"),
        ("[south, north]", "[south, south]", 16, "peer group 'coast' has 'south' twice"),
        ("[south, north]", "[south]", 16, "organisations needs at least 2 entries"),
        ("name: Generated coast", "nam: Coast", 15, "unknown key 'nam'; did you mean 'name'?"),
        ("metric: followers_end_count", "metric: followers_end", 9, "mean 'followers_end_count'?"),
        ("value: 12000", 'value: "12000"', 9, "value: 12000 must be a number: digits and a point"),
        ("value: 12000", "value: .inf", 9, "value: .inf must be a number"),
        ("value: 12000", "value: 1e4", 9, "value: 1e4 must be a number"),
        ("by: 2026-12-31", "by: 2026", 9, "'2026' is no day; write it as 2025-06-30"),
        ("by: 2026-12-31", "til: 2026-12-31", 9, "unknown key 'til'"),
        (TARGET, TARGET.replace("bluesky", "x"), 9, "target: 'north' has no account on x"),
        ("- {metric: response_rate_pct", f"- {TARGET}\n      - {{metric: response_rate_pct", 10,
         "followers_end_count by 2026-12-31 is also set on regions.yaml:9"),
        ("rollup: main", "rollup: mean", 6, "rollup: 'mean' is not one of sum, main"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(folder, right, wrong, line, said):
    assert INDUSTRY.count(right) == 1
    write(folder, INDUSTRY.replace(right, wrong))
    with pytest.raises(RegistryError) as refused:
        load_registry(folder)
    assert [
        (p.file.name, p.line) for p in refused.value.problems if said in p.message
    ] == [("regions.yaml", line)], refused.value  # fmt: skip


def test_two_groups_may_not_share_an_id(folder):
    write(folder, INDUSTRY)
    other = INDUSTRY.replace("id: regions", "id: others").split("    accounts")[0]
    other = other.replace("north", "east") + (
        "  - {id: west, name: Generated West}\n"
        "peer_groups: [{id: coast, name: Coast, organisations: [east, west]}]\n"
    )
    (folder / "industries" / "others.yaml").write_text(other, encoding="utf-8")
    with pytest.raises(RegistryError) as refused:
        load_registry(folder)
    [problem] = refused.value.problems
    assert (problem.file.name, problem.line) == ("regions.yaml", 14)
    assert "'coast' is also on others.yaml:8; give it another id" in problem.message


def test_a_target_can_be_set_for_every_compared_metric():
    macro = (ROOT / "dbt_project/macros/metrics.sql").read_text(encoding="utf-8")
    compared = re.findall(r"\{'metric': '(\w+)'", macro)
    assert len(compared) > 10
    assert compared == list(get_args(ComparedMetric))
