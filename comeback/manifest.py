"""manifest.json, the plugin's facts, as it lies beside the packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from plugin_core.errors import SettingsProblem


def read_manifest() -> dict[str, Any]:
    path = Path(__file__).resolve().parent.parent / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise SettingsProblem(
            f"{path} is not there: it comes with the source, not with an installed package.",
            mend="Run this in a checkout of Comeback.",
        ) from problem
    return found
