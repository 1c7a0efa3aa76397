"""Our page in the frame of an admin, and what the browser complained about."""

from __future__ import annotations

import time

from playwright.sync_api import Frame, Page


def frame_of(page: Page) -> Frame:
    deadline = time.monotonic() + 30
    while (found := page.frame("app")) is None:
        assert time.monotonic() < deadline, "the admin shows no frame"
        page.wait_for_timeout(50)
    return found


def watched(page: Page, problems: list[str]) -> Page:
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    return page
