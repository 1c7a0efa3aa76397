"""Saving settings from a form: everything that is wrong at once, two tabs at once, and what changed when, with its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core.errors import InvalidInput, NotFound
from plugin_core.settings_effects import follow_up
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store, StoreSettingsVersion
from plugin_core.stores.settings import DEFAULTS, StoreSettings


class Difference(NamedTuple):
    name: str
    before: Any  # as in JSON
    after: Any


class Version(NamedTuple):
    version: int
    changed_by: str
    changed_at: int
    changes: tuple[Difference, ...]  # against the version before


class Saved(NamedTuple):
    version: int
    changed: tuple[str, ...]  # () where everything was so already: nothing was saved


class ChangedMeanwhile(InvalidInput):
    """Somebody saved other settings since these were read. ``meanwhile``: what changed, in the order of the settings."""

    def __init__(self, meanwhile: Sequence[Difference], version: int) -> None:
        names = ", ".join(each.name for each in meanwhile)
        super().__init__(f"The settings were changed meanwhile: {names}.", mend="Look at what changed, then save again.")
        self.meanwhile = tuple(meanwhile)
        self.version = version  # in force now


def problems(before: StoreSettings, values: Mapping[str, Any]) -> dict[str, InvalidInput]:
    """What is wrong with each of ``values``; empty where they can be saved."""
    found: dict[str, InvalidInput] = {}
    for name, value in values.items():
        try:
            store_settings.candidate(before, {name: value})
        except InvalidInput as problem:
            found[name] = problem
    return found


def save(session: Session, store: Store, values: Mapping[str, Any], *, expected: int, actor: str, now: int) -> Saved:
    """Save a new version and make due what follows from it. ``expected``: the version that was read before typing.

    ChangedMeanwhile where another one is in force, InvalidInput where a value can't be used; then nothing was saved.
    """
    _one_at_a_time(session, store)
    before, version = store_settings.current(session, store)
    if version != expected:
        raise ChangedMeanwhile(between(session, store, expected, version), version)
    after, saved = store_settings.change(session, store, values, actor=actor, now=now)
    changed = store_settings.differing(before, after)
    follow_up(session, store, set(changed))
    return Saved(saved, tuple(changed))


def undo(session: Session, store: Store, version: int, *, expected: int, actor: str, now: int) -> Saved:
    """Give what ``version`` changed its former values again, as a new version; everything else stays.

    ChangedMeanwhile where one of them was changed again later, and names those.
    """
    values = {each.name: each.before for each in undone(session, store, version)}
    return save(session, store, values, expected=expected, actor=actor, now=now)


def undone(session: Session, store: Store, version: int) -> tuple[Difference, ...]:
    """What ``version`` changed and undoing it would change back: ``before`` is what would be in force again."""
    _, newest = store_settings.current(session, store)
    if not 0 < version <= newest:
        raise NotFound("There is no such version of the settings.")
    changes = between(session, store, version - 1, version)
    present = _body(session, store, newest)
    later = [Difference(each.name, each.after, present[each.name]) for each in changes if present[each.name] != each.after]
    if later:
        raise ChangedMeanwhile(later, newest)
    return changes


def between(session: Session, store: Store, earlier: int, later: int) -> tuple[Difference, ...]:
    return _differences(_body(session, store, earlier), _body(session, store, later))


def history(session: Session, store: Store, *, before: int | None = None, limit: int = 20) -> list[Version]:
    """Newest first; those below ``before`` (a version) where given."""
    rows = session.scalars(
        select(StoreSettingsVersion)
        .where(StoreSettingsVersion.store_id == store.id, *([] if before is None else [StoreSettingsVersion.version < before]))
        .order_by(StoreSettingsVersion.version.desc())
        .limit(limit + 1)
    ).all()
    former = [*(_whole(row.body) for row in rows[1:]), dict(DEFAULTS)]
    return [
        Version(row.version, row.changed_by, row.changed_at, _differences(old, _whole(row.body)))
        for row, old in zip(rows[:limit], former, strict=False)
    ]


def _one_at_a_time(session: Session, store: Store) -> None:
    session.execute(select(Store.id).where(Store.id == store.id).with_for_update())


def _body(session: Session, store: Store, version: int) -> dict[str, Any]:
    body = session.scalars(
        select(StoreSettingsVersion.body)
        .where(StoreSettingsVersion.store_id == store.id, StoreSettingsVersion.version <= version)
        .order_by(StoreSettingsVersion.version.desc())
        .limit(1)
    ).first()
    return _whole(body or {})


def _whole(body: Mapping[str, Any]) -> dict[str, Any]:
    """A setting that is newer than the version had its default then."""
    return {name: body.get(name, default) for name, default in DEFAULTS.items()}


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    return tuple(Difference(name, old[name], new[name]) for name in new if old[name] != new[name])
