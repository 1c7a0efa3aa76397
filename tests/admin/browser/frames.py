"""Our page in the frame of an admin, and what the browser complained about."""

from __future__ import annotations

import time

from playwright.sync_api import Frame, Page

# The watching script itself is kept out of the frame in which a mail is shown.
_OURS = "because the document's frame is sandboxed"


def frame_of(page: Page) -> Frame:
    deadline = time.monotonic() + 30
    while (found := page.frame("app")) is None:
        assert time.monotonic() < deadline, "the admin shows no frame"
        page.wait_for_timeout(50)
    return found


def watched(page: Page, problems: list[str]) -> Page:
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" and _OURS not in said.text else None)
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    return page


def follow(frame: Page | Frame, path: str, *, leaves: bool = True) -> None:
    """As by a click on a link to ``path``: fetched and put in place, the page stays open. ``leaves``: waits until it is."""
    frame.evaluate(
        """(path) => {
          document.querySelector("main").appendChild(document.createElement("i")).id = "left-behind";
          const link = document.querySelector("nav.pages a");
          link.href = path;
          link.click();
        }""",
        path,
    )
    if leaves:
        frame.wait_for_selector("#left-behind", state="detached")


def settled(frame: Page | Frame) -> None:
    frame.wait_for_selector("html:not(:has(.htmx-request))", state="attached")
