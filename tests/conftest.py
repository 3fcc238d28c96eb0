"""Made-up inputs that repeat in every run; after a whole run: which cases of the catalogue hold."""

from __future__ import annotations

import os
import re
from collections import defaultdict

from hypothesis import settings

from tests.faults.catalogue import CASES

# The same made-up inputs every time, and nothing kept in the checkout; SOAK=1 makes up others.
settings.register_profile("effektanalys", derandomize=os.environ.get("SOAK") != "1", database=None)
settings.load_profile("effektanalys")

_NUMBERED = re.compile(r"::test_case_(\d+)_")
_CATALOGUE = "tests/faults/test_catalogue.py"


def _cases_of(nodeid: str) -> set[int]:
    name = nodeid.removeprefix("tests/").split("[")[0]
    numbered = _NUMBERED.search(nodeid)
    own = {int(numbered[1])} if numbered else set()
    return own | {number for number, (_, tests) in CASES.items() if name in tests}


def pytest_terminal_summary(terminalreporter):
    """Print a line a case, when the catalogue itself was among the tests."""
    outcomes: dict[int, list[str]] = defaultdict(list)
    is_whole = False
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            is_whole = is_whole or report.nodeid.startswith(_CATALOGUE)
            for case in _cases_of(report.nodeid):
                outcomes[case].append(outcome)
    if not is_whole:
        return
    terminalreporter.section("fault catalogue")
    held = 0
    for number, (title, _) in CASES.items():
        seen = set(outcomes[number])
        is_held = "passed" in seen and not seen & {"failed", "error"}
        held += is_held
        word = "holds" if is_held else "FAILS" if seen & {"failed", "error"} else "not shown"
        terminalreporter.line(f"case {number:>2}  {word:<10}{title}")
    terminalreporter.line(f"{held} of {len(CASES)} cases hold")
