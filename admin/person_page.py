"""What is kept about a person as a page they can read: one file, nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

_TITLES = {
    "profile": "You",
    "merged_people": "Other entries that turned out to be you",
    "addresses": "Addresses by which you are recognised",
    "accounts": "Your accounts",
    "consents": "What you said about being written to",
    "never_written_to": "Addresses that are never written to",
    "orders": "Your orders",
    "checkouts": "Checkouts you began",
    "purchase_figures": "Figures worked out from your orders",
    "points": "Your points, entry by entry",
    "tiers": "Your tier",
    "segments": "Groups you were put in",
    "referral_codes": "Your referral codes",
    "offers": "Offers planned for you",
    "mails": "Mails sent to you",
    "notes": "Notes about you",
    "merges": "Entries joined or parted",
}


def render(body: Mapping[str, Any], *, shop: str, at: str) -> str:
    """``body``: what export_person() gives. Whatever it holds is shown as text, never as markup."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(default=True)
    )
    sections = [(_TITLES.get(name, _words(name)), [part] if isinstance(part, dict) else part) for name, part in body.items()]
    return environment.get_template("person.html").render(shop=shop, at=at, sections=sections, words=_words)


def _words(name: str) -> str:
    return name.replace("_", " ")
