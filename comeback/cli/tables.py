"""Tables that fit the window: what matters least is left out, and said, before anything is cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from comeback.cli.session import console, problems

_GAP = 2  # rich puts so much between two columns


def show(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = (), spare: Sequence[str] = ()
) -> None:
    """``right``: columns of numbers. ``spare``: columns that may be left out, the first of them first.

    Cells are shown as they are: a store or a customer may be called "[bold]".
    """
    wanted = {
        heading: max([cell_len(heading), *(cell_len(row[place]) for row in rows)]) + _GAP
        for place, heading in enumerate(headings)
    }
    left_out = []
    for heading in spare:
        if sum(wanted.values()) - _GAP <= console.width:
            break
        left_out.append(heading)
        del wanted[heading]
    places = [place for place, heading in enumerate(headings) if heading in wanted]
    table = Table(box=None, pad_edge=False)
    for place in places:
        table.add_column(headings[place], justify="right" if headings[place] in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[place]) for place in places))
    console.print(table, soft_wrap=False)
    if left_out:
        problems.print(f"Not shown, for want of room: {', '.join(left_out)}.")
