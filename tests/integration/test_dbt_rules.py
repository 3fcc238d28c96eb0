"""dbt's own unit tests: every rule with arithmetic, on rows worked out by hand."""

from __future__ import annotations

import json
import re


def test_rules_hold_on_the_worked_examples(think_tanks_built):
    done = think_tanks_built.dbt("test", "--select", "test_type:unit")
    assert done.returncode == 0, done.stdout[-6000:]
    passed = re.findall(r"PASS (\w+)::(\w+)", done.stdout)
    target = think_tanks_built.data_dir / "dbt/target"
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    assert len(passed) == len(manifest["unit_tests"]) >= 55
    assert {model for model, _ in passed} >= {
        "int_account_month_closes",
        "int_absences",
        "int_breaks",
        "dim_quarter",
        "follower_growth",
        "benchmark_account_quarter",
        "benchmark_industry_quarter",
        "ranking_quarter",
        "coverage_quarter",
        "break_log",
    }


def test_every_test_on_a_mart_says_what_it_holds(think_tanks_built):
    target = think_tanks_built.data_dir / "dbt/target"
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    data_tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]
    held = [
        test
        for test in [*data_tests, *manifest["unit_tests"].values()]
        if re.match("(models/marts|seeds)/", test["original_file_path"])
    ]
    assert len(held) > 100
    assert [test["name"] for test in held if not test["description"].strip()] == []
