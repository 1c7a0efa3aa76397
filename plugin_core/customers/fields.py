"""A person's display fields: for each the newest non-empty value wins, whatever the order of arrival."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class PersonFields:
    """Values with the times (microseconds UTC) of the records they came from; equal times: the greater text wins."""

    NAMES: ClassVar[tuple[str, ...]] = ("email", "phone", "first_name", "last_name", "locale", "country", "birthday")
    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}

    @classmethod
    def stored(cls, values: Sequence[str], times: str | Mapping[str, int]) -> PersonFields:
        fields = cls()
        at: Mapping[str, int] = json.loads(times) if isinstance(times, str) else times
        for name, value in zip(cls.NAMES, values, strict=True):
            if value:
                fields._known[name] = (at.get(name, 0), value)
        return fields

    def offer(self, at: int, fields: Mapping[str, str]) -> bool:
        changed = False
        known = self._known
        for name, value in fields.items():
            if value and (name not in known or (at, value) > known[name]):
                known[name] = (at, value)
                changed = True
        return changed

    def take(self, other: PersonFields, edited: str | Mapping[str, Any]) -> bool:
        """Merge in what ``other`` knows better; fields edited by hand stay. Whether anything changed."""
        kept: Mapping[str, Any] = json.loads(edited) if isinstance(edited, str) else edited
        changed = False
        for name, (at, value) in other._known.items():
            if name not in kept:
                changed |= self.offer(at, {name: value})
        return changed

    def values(self) -> tuple[str, ...]:
        empty = (0, "")
        return tuple(self._known.get(name, empty)[1] for name in self.NAMES)

    def times(self) -> dict[str, int]:
        return {name: at for name, (at, _) in sorted(self._known.items())}

    def times_json(self) -> str:
        return json.dumps(self.times())
