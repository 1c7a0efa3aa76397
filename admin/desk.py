"""What the pages on which stores are connected stand on, and how such a page is answered."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template
from flask_babel import gettext

from admin.said import in_words
from plugin_core.clock import SECOND_US, from_us
from plugin_core.db import Database
from plugin_core.errors import ComebackError, NotFound, SettingsProblem
from plugin_core.installers import Doors, EmbeddedHome
from plugin_core.messaging import Mail, Renderer
from plugin_core.stores.credentials import Vault

SHORT_US = 600 * SECOND_US


@dataclass(frozen=True, slots=True)
class Desk:
    database: Database
    vault: Vault
    doors: Mapping[str, Doors]
    normalise: Callable[[str, str], str]  # (platform, address as typed) -> the address under which a store is known
    connect: Callable[[str, str, Mapping[str, str], str], int]  # (platform, address, credentials, actor) -> store id
    offer: Callable[[str, str, str], str]  # (platform, address, actor) -> a link that connects just this store, once
    finish: Callable[[], int]  # proves keys that stores have posted
    public_url: str
    renderer: Renderer
    send: Callable[[Mail], None]  # hand a mail over; raises MessageError
    clock: Callable[[], int]  # microseconds UTC
    open_to_all: bool = False  # whoever comes is the owner: for made-up stores on one's own machine

    @property
    def home(self) -> EmbeddedHome | None:
        """The one whose platform brings a script of its own that fetches tokens."""
        homes = (doors.home for _, doors in sorted(self.doors.items()))
        return next((home for home in homes if home is not None and home.script_url), None)

    def now(self) -> datetime:
        return from_us(self.clock())

    def door(self, platform: str) -> Doors:
        return self.doors.get(platform, Doors())

    def seal(self, purpose: str, facts: Mapping[str, Any], *, life_us: int = SHORT_US) -> str:
        """A text only we can make and read, good for a while and for one purpose."""
        return self.vault.seal(purpose, json.dumps({**facts, "until": self.clock() + life_us}))

    def unseal(self, purpose: str, text: str) -> dict[str, Any]:
        """NotFound for whatever :meth:`seal` didn't make, or not for this, or too long ago."""
        unknown = NotFound(gettext("This link was used already or is too old."), mend=gettext("Start connecting again."))
        try:
            facts: dict[str, Any] = json.loads(self.vault.open(purpose, text))
        except SettingsProblem:
            raise unknown from None
        if facts["until"] <= self.clock():
            raise unknown
        return facts


def page(
    title: str,
    lines: Sequence[str],
    *,
    status: int = 200,
    ancestors: Sequence[str] = (),
    figures: Sequence[tuple[str, str]] = (),
    next_url: str = "",
    button: str = "",
    form_to: Sequence[str] = (),
) -> Response:
    """``next_url`` is opened by itself after two seconds. ``form_to``: where the button's form may lead, with its redirects."""
    nonce = secrets.token_urlsafe(16)
    shown = render_template(
        "install.html", title=title, lines=lines, figures=figures, next_url=next_url, button=button, nonce=nonce
    )
    response = make_response(shown, status)
    leads_to, framed_by = " ".join(form_to) or "'none'", " ".join(ancestors) or "'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action {leads_to}; frame-ancestors {framed_by}"
    )
    return sealed_off(response)


def trouble(problem: ComebackError, *, status: int, ancestors: Sequence[str] = ()) -> Response:
    lines = [in_words(problem.message), in_words(problem.mend)]
    return page(gettext("This did not work"), lines, status=status, ancestors=ancestors)


def sealed_off(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
