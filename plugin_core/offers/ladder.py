"""Where somebody stands on a campaign's steps: pure, from what they have had and what they have reached.

Entering means the highest step reached and no other; after that one step at a time. A round ends with a new order (or, for
checkouts, with another checkout): the next entry is a new round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from plugin_core.clock import DAY_US
from plugin_core.offers.definitions import Definition, Step
from plugin_core.offers.eligibility import COOLING_DOWN, OPEN_OFFER


class Past(NamedTuple):
    """A stored offer of one person in one campaign."""

    id: int
    customer_id: int
    step: str
    round: int
    subject: str
    state: str
    reason: str
    anchor_at: int
    decided_at: int | None
    minted_at: int | None

    @property
    def entered(self) -> bool:
        """A plain "no" leaves no trace on the ladder: it is judged again as long as the step is the next one."""
        return self.state != "skipped" or self.minted_at is not None

    @property
    def open(self) -> bool:
        return self.state in {"planned", "minted", "sending"}


class Next(NamedTuple):
    step: Step
    round: int
    hindrance: str  # "" | COOLING_DOWN | OPEN_OFFER


def next_step(
    definition: Definition,
    past: Sequence[Past],
    *,
    anchor_at: int,
    subject: str,
    reached_by: Callable[[int], int],
    cooldown_days: int,
    now: int,
) -> Next | None:
    """``reached_by``: the index of the highest step reached at a moment (-1: none). None: nothing (more) to do in this round.

    Who was given a step that has been taken out since has come past all that they had reached when it was given.
    """
    reached = reached_by(now)
    entered = [offer for offer in past if offer.entered]
    round_, taken = _round(entered, anchor_at, subject)
    if taken:
        index = max(_place(definition, offer, reached_by, now) for offer in taken) + 1
        if index > reached:
            return None
    else:
        index = reached
    if index < 0:
        return None
    return Next(definition.steps[index], round_, _hindrance(entered, cooldown_days, now))


def _place(definition: Definition, given: Past, reached_by: Callable[[int], int], now: int) -> int:
    index = definition.index(given.step)
    return index if index >= 0 else reached_by(now if given.decided_at is None else given.decided_at)


def _round(entered: Sequence[Past], anchor_at: int, subject: str) -> tuple[int, list[Past]]:
    if not entered:
        return 1, []
    if subject:
        same = [offer for offer in entered if offer.subject == subject]
        return (same[0].round, same) if same else (max(offer.round for offer in entered) + 1, [])
    newest = max(offer.round for offer in entered)
    latest = [offer for offer in entered if offer.round == newest]
    if anchor_at > max(offer.anchor_at for offer in latest):
        return newest + 1, []
    return newest, latest


def _hindrance(entered: Sequence[Past], cooldown_days: int, now: int) -> str:
    if any(offer.open for offer in entered):
        return OPEN_OFFER
    cool_from = now - cooldown_days * DAY_US
    if any(offer.decided_at is not None and offer.decided_at > cool_from for offer in entered):
        return COOLING_DOWN
    return ""
