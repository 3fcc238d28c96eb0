"""The catalogue names tests that exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.faults.catalogue import CASES

TESTS = Path(__file__).parents[1]
NAMED = sorted({test for _, tests in CASES.values() for test in tests})


def test_cases_are_numbered_without_a_gap():
    assert list(CASES) == list(range(1, 74))


@pytest.mark.parametrize("named", NAMED)
def test_what_is_said_to_show_a_case_exists(named):
    file, *classes, name = named.split("::")
    body = ast.parse((TESTS / file).read_text(encoding="utf-8")).body
    for wanted in classes:
        [found] = [n for n in body if isinstance(n, ast.ClassDef) and n.name == wanted]
        body = found.body
    assert name in {n.name for n in body if isinstance(n, ast.FunctionDef)}
