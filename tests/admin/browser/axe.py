"""axe-core on what a browser shows: the violations, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

_AXE = (Path(__file__).parent / "axe.min.js").read_text()
_RUN = """async (rules) => (await axe.run(document, {resultTypes: ["violations"], ...(rules.length ? {runOnly: rules} : {})}))
  .violations.map((each) => each.id + ": " + each.help + " " + each.nodes.slice(0, 3).map((node) => node.target + " "
    + node.html.slice(0, 99) + " [" + (node.any[0] || node.all[0] || node.none[0] || {message: ""}).message + "]").join(" | "))"""


def violations(page: Page | Frame, *rules: str) -> list[str]:
    """``rules``: only these. Put in as the browser's own, so that the page's policy is not loosened for it."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE)
    found: Any = page.evaluate(_RUN, list(rules))
    return list(found)
