"""What the shoppers' pages say, in each language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

RIGHT_TO_LEFT = {"fa"}

UNSUBSCRIBE: Mapping[str, Mapping[str, str]] = json.loads((Path(__file__).parent / "unsubscribe.json").read_text("utf-8"))


def language(*locales: str) -> str:
    """The first of ``locales`` ("tr-TR", "fa_IR", "") that is one of ours, else English."""
    for locale in locales:
        found = locale.replace("_", "-").split("-", maxsplit=1)[0].lower()
        if found in UNSUBSCRIBE:
            return found
    return "en"
