"""What became of a campaign's offers so far, in numbers."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.offers.models import Campaign

# In these states somebody may still hear of it.
_OPEN = ("planned", "minted", "sending", "unknown")


class Tally(NamedTuple):
    """``offers`` by state; ``people`` ever drawn, those held out among them; ``codes`` made."""

    offers: dict[str, int]
    people: int
    held_out: int
    codes: int
    reasons: dict[str, int]  # of the "no"s

    @property
    def sent(self) -> int:
        return self.offers.get("sent", 0)

    @property
    def waiting(self) -> int:
        return sum(self.offers.get(state, 0) for state in _OPEN)


def tally(session: Session, campaign: Campaign) -> Tally:
    rows = bulk.select(
        session,
        "SELECT state, CASE WHEN state = 'skipped' THEN reason ELSE '' END AS why, COUNT(*), COUNT(minted_at) "
        "FROM offers WHERE campaign_id = ? GROUP BY state, why",
        campaign.id,
    )
    ((people, held_out),) = bulk.select(
        session,
        "SELECT COUNT(DISTINCT customer_id), COUNT(DISTINCT CASE WHEN state = 'held_out' THEN customer_id END) "
        "FROM offers WHERE campaign_id = ? AND state <> 'skipped'",
        campaign.id,
    )
    offers: dict[str, int] = {}
    reasons: dict[str, int] = {}
    codes = 0
    for state, why, count, minted in rows:
        offers[state] = offers.get(state, 0) + count
        codes += minted
        if why:
            reasons[why] = count
    return Tally(offers, people, held_out, codes, reasons)
