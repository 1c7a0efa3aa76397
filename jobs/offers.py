"""The three stages of an offer, in the order in which they run: planned, its code minted, its mail sent."""

from __future__ import annotations

from jobs.minting import mint_due
from jobs.planning import plan_offers
from jobs.sending import send_due

__all__ = ["mint_due", "plan_offers", "send_due"]
