"""Files that people write: whatever the spelling, the same facts land, or the line is named.

Hypothesis makes the files up; it makes the same ones every time, and many more with SOAK=1.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
import unicodedata
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.imports import ImportRefused, import_file
from extractors.lake import Lake
from extractors.registry import RegistryError, load_registry
from tests.support.importing import INDUSTRY, NOW, landed

SAME = settings(max_examples=5_000 if os.environ.get("SOAK") == "1" else 60, deadline=None)
HANDLE = "hörby.kommun.på"
FORMS = st.sampled_from(["NFC", "NFD"])
DAYS = st.integers(0, 200).map(lambda days: date(2025, 3, 1) + timedelta(days=days))
COUNTS = st.one_of(st.integers(0, 2**63 - 1), st.sampled_from([0, 1, 2**53 + 1]))
ORDERS = {None: "%Y-%m-%d", "%d/%m/%Y": "%d/%m/%Y", "%m/%d/%Y": "%m/%d/%Y", "%Y%m%d": "%Y%m%d"}


def registry_of(folder, form):
    (folder / "industries").mkdir(parents=True)
    text = INDUSTRY.replace("north.page", unicodedata.normalize(form, HANDLE))
    (folder / "industries" / "regions.yaml").write_text(text, encoding="utf-8")
    return load_registry(folder)


@SAME
@given(
    facts=st.dictionaries(DAYS, COUNTS, min_size=1, max_size=6),
    again=st.lists(st.integers(0, 5), max_size=4),
    contradicted=st.booleans(),
    order=st.sampled_from(list(ORDERS)),
    forms=st.tuples(FORMS, FORMS),
    is_loud=st.booleans(),
    columns=st.permutations(["platform", "account", "observed_at", "followers", "remark"]),
    spelling=st.tuples(
        st.sampled_from([",", ";", "\t"]),
        st.sampled_from(["utf-8", "utf-8-sig"]),
        st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        st.sampled_from(["\n", "\r\n"]),
    ),
)
def test_case_50_a_capture_lands_its_counts_however_it_is_spelt(
    *, facts, again, contradicted, order, forms, is_loud, columns, spelling
):
    delimiter, encoding, quoting, line_end = spelling
    stated = list(facts.items())
    rows = stated + [stated[number % len(stated)] for number in again]
    if contradicted:
        day, count = stated[0]
        rows.append((day, count - 1 if count else 1))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerow(columns)
    name = unicodedata.normalize(forms[1], HANDLE.upper() if is_loud else HANDLE)
    for day, count in rows:
        cells = {"platform": "facebook", "account": name, "followers": count}
        cells |= {"observed_at": day.strftime(ORDERS[order]), "remark": f'seen; "{name}",\t'}
        writer.writerow([cells[column] for column in columns])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "counts.csv"
        file.write_bytes(text.getvalue().encode(encoding))
        lake = Lake(folder / "lake", "Europe/Stockholm")
        lake.initialise()
        desk = {"lake": lake, "registry": registry_of(folder / "registry", forms[0]), "now": NOW}
        if contradicted:
            with pytest.raises(ImportRefused) as refused:
                import_file(file, date_format=order, **desk)
            [problem] = refused.value.problems
            assert problem.line == len(rows) + 1
            assert "says something else about" in problem.message
            assert landed(lake) == []
            return
        assert import_file(file, date_format=order, **desk).row_count == len(facts)
        # A day without a time is noon in Stockholm.
        assert {(at.date(), n) for _, _, at, n in landed(lake)} == set(facts.items())
        assert {at.astimezone(UTC).hour for _, _, at, _ in landed(lake)} <= {10, 11}
        assert lake.verify() == []


# What a person may leave in a field of a registry; the last ones are fine in some fields.
SLIPS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(max_size=12),
    st.sampled_from(["", "a/b", "../x", "x'; drop table", "å" * 200, "\u202eabc", "2025-13-01"]),
    st.lists(st.text(max_size=4), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


def places(value, path=()):
    """Yield the path of everything inside a value."""
    if path:
        yield path
    inner = enumerate(value) if isinstance(value, list) else ()
    inner = value.items() if isinstance(value, dict) else inner
    for name, part in inner:
        yield from places(part, (*path, name))


WHOLE = yaml.safe_load(INDUSTRY)
PLACES = list(places(WHOLE))


@SAME
@given(
    place=st.sampled_from(PLACES),
    slip=SLIPS,
    is_renamed=st.booleans(),
    style=st.sampled_from([None, True, False]),
    is_windows=st.booleans(),
)
def test_case_63_a_slip_anywhere_in_a_registry_is_taken_or_named_with_file_and_line(
    place, slip, is_renamed, style, is_windows
):
    altered = yaml.safe_load(INDUSTRY)
    holder = altered
    for step in place[:-1]:
        holder = holder[step]
    if is_renamed and isinstance(holder, dict):
        holder[str(slip)] = holder.pop(place[-1])
    else:
        holder[place[-1]] = slip
    text = yaml.safe_dump(altered, allow_unicode=True, default_flow_style=style, sort_keys=False)
    text = "\ufeff" + text.replace("\n", "\r\n") if is_windows else text
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "industries").mkdir()
        file = Path(folder) / "industries" / "regions.yaml"
        file.write_bytes(text.encode())
        problems = None
        try:
            load_registry(Path(folder))
        except RegistryError as refused:
            problems = refused.problems
        assert problems is None or problems
        for problem in problems or ():
            assert 1 <= problem.line <= len(text.splitlines()) + 1
            assert str(problem) == f"{file}:{problem.line}: {problem.message}"
            assert problem.message
