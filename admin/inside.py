"""Addresses that a visitor's browser may be sent on to: pages of our own, written so that no browser reads anything else."""

from __future__ import annotations

import re

_PAGE = re.compile(r"/(?:app(?:/[A-Za-z0-9._~%@:+-]+)*/?)?(?:\?[\x21-\x22\x24-\x5b\x5d-\x7e]*)?")
# A step up, written in any way, could lead to what a browser takes for another host.
_STEP_UP = re.compile(r"/(?:\.|%2e){1,2}(?:[/?]|$)|%2f|%5c", re.IGNORECASE)
_TOKEN = "/app/token"  # noqa: S105 - a page


def is_inside(target: str) -> bool:
    """A page of ours with its query; never the one that fetches tokens and sends them on."""
    path = target.partition("?")[0]
    return _PAGE.fullmatch(target) is not None and _STEP_UP.search(path) is None and path.rstrip("/") != _TOKEN
