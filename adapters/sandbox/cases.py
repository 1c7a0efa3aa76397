"""What the history lacks: checkouts left behind at several ages, some finished, some overtaken by an order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from adapters.sandbox.draw import draw
from adapters.sandbox.history import History, Line, Purchase
from adapters.sandbox.people import Person
from adapters.sandbox.split import purchases_in, stores_of

AGES = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=30), timedelta(days=5))
OPEN, COMPLETED, OVERTAKEN = "open", "completed", "overtaken"


class LeftBehind(NamedTuple):
    person: Person
    country: str
    at: datetime
    lines: list[Line]
    outcome: str
    number: str

    def order(self) -> Purchase:
        """The order with which the person finished it, or came back on another way."""
        return Purchase(
            f"{self.number}-order", self.at + timedelta(minutes=10), self.person, self.country, self.lines, 0, left=[]
        )


def left_behind(past: History, store: str, seed: int, now: datetime) -> list[LeftBehind]:
    """Of people who have not ordered lately; a few sets of four ages, more the more people there are."""
    mine = purchases_in(store, past, seed)
    last: dict[int, Purchase] = {purchase.person.number: purchase for purchase in mine if purchase.person}
    quiet = [purchase for purchase in last.values() if now - purchase.at > timedelta(days=8) and purchase.person]
    quiet.sort(key=lambda purchase: draw(seed, "left behind", store, purchase.number))
    # whoever shops in both stores would be stopped by what the other one sees
    alone = [purchase for purchase in quiet if purchase.person and len(stores_of(seed, purchase.person.number)) == 1] or quiet
    sets = max(1, len(past.people) // 100)
    cases = []
    for index, purchase in enumerate(alone[: 6 * sets]):
        turn = index % 6
        outcome = (OPEN, OPEN, OPEN, OPEN, COMPLETED, OVERTAKEN)[turn]
        age = AGES[turn % 4] if turn < 4 else AGES[1 + index % 3]
        assert purchase.person is not None  # noqa: S101 - chosen so
        lines = [Line(line.article, max(1, min(line.quantity, 3)), line.pence) for line in purchase.lines[:3]]
        cases.append(LeftBehind(purchase.person, purchase.country, now - age, lines, outcome, f"L{store[0]}{index}"))
    return cases
