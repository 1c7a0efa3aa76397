"""What a campaign says: its kind and its steps, typed and validated from the JSON that is stored.

A step is due after ``days`` since the last order, at a lateness of ``gaps`` (times the person's own expected gap), or after
``hours`` since a checkout was begun. Steps stand in the order in which they are reached.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from plugin_core.clock import DAY_US, SECOND_US
from plugin_core.errors import InvalidInput

WINBACK = "winback"
ABANDONED_CHECKOUT = "abandoned_checkout"
HOUR_US = 3600 * SECOND_US

UNITS = {WINBACK: ("days", "gaps"), ABANDONED_CHECKOUT: ("hours",)}


@dataclass(frozen=True, slots=True)
class Step:
    name: str  # "60", "2x", "24h": part of the code's text, so never renamed
    unit: str  # "days" | "gaps" | "hours"
    after: float
    percent: int  # 0: a reminder without a discount

    def reached_at(self, anchor_at: int, gap_days: float | None) -> int | None:
        """The exact moment; ``anchor_at`` is the last order, the last visit's start (gaps) or the checkout. None: never."""
        if self.unit == "gaps":
            return None if gap_days is None else anchor_at + math.ceil(self.after * gap_days * DAY_US)
        return anchor_at + int(self.after * (DAY_US if self.unit == "days" else HOUR_US))


@dataclass(frozen=True, slots=True)
class Definition:
    kind: str
    steps: tuple[Step, ...]
    cooldown_days: int | None  # None: as the store's settings say
    entry_hours: int  # a checkout older than this never enters

    def index(self, name: str) -> int:
        """-1 for a step this definition no longer has."""
        return next((place for place, step in enumerate(self.steps) if step.name == name), -1)


class Stock(NamedTuple):
    key: str
    kind: str
    name: str
    body: Mapping[str, Any]


STOCK = (
    Stock(
        "winback",
        WINBACK,
        "Win back after 60, 90 and 120 days",
        {"steps": [{"days": 60, "percent": 10}, {"days": 90, "percent": 15}, {"days": 120, "percent": 20}]},
    ),
    Stock(
        "abandoned-checkout",
        ABANDONED_CHECKOUT,
        "Remind of an abandoned checkout",
        {"steps": [{"hours": 1, "percent": 0}, {"hours": 24, "percent": 5}], "cooldown_days": 0, "entry_hours": 72},
    ),
)


def parse(kind: str, body: Mapping[str, Any]) -> Definition:
    """InvalidInput lists everything that is wrong with ``body``."""
    if kind not in UNITS:
        raise InvalidInput(f"There is no kind of campaign {kind!r}.", mend=f"Kinds: {', '.join(sorted(UNITS))}.")
    problems = [f"unknown field {name!r}" for name in sorted(body.keys() - {"steps", "cooldown_days", "entry_hours"})]
    steps = _steps(kind, body.get("steps"), problems)
    cooldown = _whole(body.get("cooldown_days"), "cooldown_days", 0, problems)
    entry = _whole(body.get("entry_hours"), "entry_hours", 1, problems)
    if problems:
        example = json.dumps({"steps": [{UNITS[kind][0]: 60, "percent": 10}]})
        raise InvalidInput(f"This is no {kind} campaign: {'; '.join(problems)}.", mend=f"An example: {example}")
    return Definition(kind, steps, cooldown, 72 if entry is None else entry)


def _steps(kind: str, given: Any, problems: list[str]) -> tuple[Step, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        problems.append("steps must be a list of at least one step")
        return ()
    steps = [step for place, item in enumerate(given, 1) if (step := _step(kind, place, item, problems))]
    names = [step.name for step in steps]
    if len(set(names)) < len(names):
        problems.append("two steps have the same name")
    for unit in UNITS[kind]:
        waits = [step.after for step in steps if step.unit == unit]
        if waits != sorted(set(waits)):
            problems.append("each step must come later than the one before it")
    return tuple(steps)


def _step(kind: str, place: int, item: Any, problems: list[str]) -> Step | None:
    units = UNITS[kind]
    if not isinstance(item, Mapping) or sum(unit in item for unit in units) != 1:
        problems.append(f"step {place} must name one of {', '.join(units)}")
        return None
    unit = next(unit for unit in units if unit in item)
    after, percent = item[unit], item.get("percent", 0)
    unknown = sorted(item.keys() - {unit, "percent", "name"})
    if unknown:
        problems.append(f"step {place}: unknown field {unknown[0]!r}")
    if isinstance(after, bool) or not isinstance(after, int | float) or not 0 < after <= 10_000:
        problems.append(f"step {place}: {unit} must be a number above 0")
        return None
    if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
        problems.append(f"step {place}: percent must be a whole number from 0 to 100")
        return None
    name = item.get("name", f"{after:g}" + {"days": "", "gaps": "x", "hours": "h"}[unit])
    if not isinstance(name, str) or not name or len(name) > 40 or not name.isprintable() or ":" in name:
        problems.append(f"step {place}: the name must be a short text without a colon")
        return None
    return Step(name, unit, float(after), percent)


def _whole(value: Any, name: str, least: int, problems: list[str]) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        problems.append(f"{name} must be a whole number, at least {least}")
        return None
    return value
