"""The code location as a data engineer meets it: what is there, what feeds and blocks what."""

import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml

from expectations.required_checks import load_configuration
from extractors.platforms import platforms

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def defs():
    from orchestration.definitions import build_defs

    return build_defs()


@pytest.fixture(scope="module")
def graph(defs):
    return defs.resolve_asset_graph()


def keys(graph, *path):
    return {k for k in graph.get_all_asset_keys() if tuple(k.path[: len(path)]) == path}


def test_the_code_location_loads(defs):
    dg.Definitions.validate_loadable(defs)


def test_both_ways_to_open_dagster_name_the_same_code_location():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    [workspace] = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert workspace["python_module"]["module_name"] == project["code_location_target_module"]
    assert workspace["python_module"]["location_name"] == project["code_location_name"]
    assert workspace["python_module"]["working_directory"] == "."


def test_every_platform_stream_is_an_asset_of_its_own(graph):
    expected = {dg.AssetKey(["lake", p.name, s]) for p in platforms() for s in p.streams}
    assert keys(graph, "lake") == expected


def test_a_model_that_reads_a_stream_depends_on_every_platform_of_it(graph):
    staging = dg.AssetKey(["staging", "stg_lake__profile_snapshots"])
    upstream = graph.get(staging).parent_keys
    assert upstream == {
        dg.AssetKey(["lake", p.name, "profile_snapshots"])
        for p in platforms()
        if "profile_snapshots" in p.streams
    }


def test_words_and_tones_stand_between_the_posts_and_the_models_that_count_them(defs, graph):
    for table in ("post_words", "post_sentiments"):
        assert graph.get(dg.AssetKey(["texts", table])).parent_keys == {
            dg.AssetKey(["lake", p.name, "posts"]) for p in platforms() if "posts" in p.streams
        }
        staging = dg.AssetKey(["staging", f"stg_derived__{table}"])
        assert graph.get(staging).parent_keys == {dg.AssetKey(["texts", table])}
    for job in ("build_benchmark", "preliminary_quarter", "quarterly_benchmark"):
        assert "texts" in {node.name for node in defs.resolve_job_def(job).nodes}


def test_closing_quarters_builds_every_table_that_keeps_its_quarters_and_no_mart(defs):
    kept = {
        path.stem
        for path in (ROOT / "dbt_project" / "models").rglob("*.sql")
        if "incremental_by_quarter()" in path.read_text(encoding="utf-8")
    }
    assert len(kept) == 15
    selected = defs.resolve_job_def("close_quarters").asset_layer.executable_asset_keys
    assert kept <= {key.path[-1] for key in selected}
    seeds = {path.stem for path in (ROOT / "dbt_project" / "seeds").rglob("*.csv")}
    assert {key.path[-1] for key in selected if key.path[0] == "marts"} <= seeds


@pytest.mark.parametrize(
    ("job", "is_whole"),
    [("close_quarters", False), ("build_benchmark", True), ("quarterly_benchmark", True)],
)
def test_sparks_marts_are_brought_home_by_jobs_that_build_them_all(defs, job, is_whole):
    from orchestration.assets.transformation import has_every_mart

    selected = defs.resolve_job_def(job).asset_layer.executable_asset_keys
    assert has_every_mart(selected) is is_whole


def test_every_required_check_hangs_on_a_table_that_exists_and_blocks_the_release(graph):
    release = dg.AssetKey(["releases", "benchmark"])
    marts = graph.get(release).parent_keys
    for check in load_configuration().checks:
        key = dg.AssetCheckKey(dg.AssetKey(["marts", check.table]), check.id)
        assert key in graph.asset_check_keys, f"{check.id} hangs on nothing"
        assert key.asset_key in marts, f"{check.table} is not upstream of the release"
        assert graph.get_check_spec(key).blocking == (check.severity == "error")


def test_the_release_waits_for_every_published_table(graph):
    release = dg.AssetKey(["releases", "benchmark"])
    assert graph.get(release).parent_keys == keys(graph, "marts")
    assert {k.path[-1] for k in keys(graph, "marts")} == set(load_configuration().tables)


def test_every_asset_has_a_group_an_owner_and_a_description(graph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name in {
            "registry",
            "extraction",
            "texts",
            "staging",
            "intermediate",
            "marts",
            "release",
        }
        assert node.owners, f"{key} has no owner"
        assert node.description, f"{key} has no description"


def test_everything_that_opens_the_warehouse_waits_for_one_pool(defs):
    job = defs.resolve_job_def("quarterly_benchmark")
    pools = {node.name: node.definition.pool for node in job.nodes}
    assert {name for name, pool in pools.items() if pool == "warehouse"} == {
        "dbt_models",
        "gate",
        "releases__benchmark",
    }


def test_the_jobs_and_schedules_have_words(defs):
    for name in ("daily_snapshots", "quarterly_benchmark", "backfill_snapshots"):
        assert defs.resolve_job_def(name).description
    assert {s.name for s in defs.schedules} == {
        "daily_snapshots_schedule",
        "quarterly_benchmark_schedule",
        "snapshots_check_schedule",
    }
