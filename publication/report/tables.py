"""Ranked tables with great-tables: cells that are already safe, a caption, a footnote.

Belongs here: how a ranked list is laid out. The look is in the pages' style sheet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

Align = Literal["left", "center", "right"]
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_HEADERS = re.compile(r' headers="[^"]*"')
_BOX = re.compile(r'<div id="[^"]*" style="[^"]*">')
_TABLE = re.compile(r'<table class="gt_table"[^>]*>')


def ranked_table(
    anchor: str,
    caption: str,
    columns: Sequence[tuple[str, Align]],
    rows: Sequence[tuple[Markup, Sequence[str | Markup]]],
    note: str = "",
) -> Markup:
    """Return a table.

    Args:
        anchor: An id that is unique on the page.
        caption: What the table shows.
        columns: Heading and alignment (`left`, `right`, `center`) of each column.
        rows: Attributes and cells of each row; what is not `Markup` is escaped.
        note: A line under the table.
    """
    import great_tables as gt  # noqa: PLC0415 - only the report pays for it
    import pandas as pd  # noqa: PLC0415

    names = [f"c{position}" for position in range(len(columns))]
    frame = pd.DataFrame(
        [[str(escape(cell)) for cell in cells] for _, cells in rows],
        columns=pd.Index(names),
        dtype=object,
    )
    table = gt.GT(frame, id=anchor).fmt(str)  # the cells are safe already
    for name, (head, align) in zip(names, columns, strict=True):
        table = table.cols_label({name: gt.html(str(escape(head)))})
        table = table.cols_align(align=align, columns=[name])
    if note:
        table = table.tab_source_note(gt.html(str(escape(note))))
    text = _HEADERS.sub("", _STYLE.sub("", table.as_raw_html()))
    top, body_mark, body = text.partition("<tbody")
    for attributes, _ in rows:
        before, _, body = body.partition("<tr>")
        top, body_mark = f"{top}{body_mark}{before}<tr {attributes}>", ""
    text = top + body_mark + body
    text = _BOX.sub('<div class="scroll" tabindex="0" role="group" aria-label="{}">', text, count=1)
    text = _TABLE.sub('<table class="gt_table">\n<caption>{}</caption>', text, count=1)
    safe = str(escape(caption))
    head, _, rest = text.partition("{}")
    middle, _, tail = rest.partition("{}")
    return Markup(f"{head}{safe}{middle}{safe}{tail}".strip())  # noqa: S704 - every cell was escaped
