"""axe-core on what a browser shows: the violations, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

_AXE = (Path(__file__).parent / "axe.min.js").read_text()
_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
  (each) => each.id + ": " + each.help + " " + each.nodes.slice(0, 3).map((node) => node.target + " " + node.html.slice(0, 160)
    + " [" + (node.any[0] || node.all[0] || node.none[0] || {message: ""}).message + "]").join(" | "))"""


def violations(page: Page | Frame) -> list[str]:
    """Put in as the browser's own, so that the page's policy is not loosened for it."""
    page.evaluate(_AXE)
    found: Any = page.evaluate(_RUN)
    return list(found)
