"""Who may get an offer: one pure rule, asked when it is planned, when its code is made and when its mail is sent."""

from __future__ import annotations

from typing import NamedTuple

ERASED = "erased"
NO_EMAIL = "no e-mail address"
SUPPRESSED = "address suppressed"
REFUSED = "unsubscribed"
NO_CONSENT = "no opt-in"
PAUSED = "marketing paused"
ORDERED = "has ordered since"
COMPLETED = "checkout completed"
COVERED = "the store sent its own reminder"
SUPERSEDED = "a newer checkout"
NO_ACCOUNT = "no account to bind a code to"
OPEN_OFFER = "has an open offer"
COOLING_DOWN = "cooling down"
STEP_REMOVED = "the step was taken out of the campaign"
TOO_LATE = "too late"
EXPIRED = "the code has expired"


class Standing(NamedTuple):
    """What decides about one person, as it is now; ``anchor_at`` is the order or checkout the offer counts from."""

    email: str
    erased_at: int | None
    paused_until: int | None
    may_email: bool
    suppressed: bool
    refused: bool
    has_account: bool
    anchor_at: int
    last_touch_order_at: int | None  # newest order that is not void, counted or not
    completed_at: int | None = None  # of the checkout
    covered: bool = False  # the platform has reminded them by itself


def hindrance(who: Standing, *, needs_account: bool, now: int) -> str:
    """Why not; "" where nothing stands against it. ``needs_account``: a code is to be bound to an account."""
    checks = (
        (who.erased_at is not None, ERASED),
        (not who.email, NO_EMAIL),
        (who.suppressed, SUPPRESSED),
        (who.refused and not who.may_email, REFUSED),
        (not who.may_email, NO_CONSENT),
        (who.paused_until is not None and who.paused_until > now, PAUSED),
        (who.completed_at is not None, COMPLETED),
        (who.last_touch_order_at is not None and who.last_touch_order_at > who.anchor_at, ORDERED),
        (who.covered, COVERED),
        (needs_account and not who.has_account, NO_ACCOUNT),
    )
    return next((reason for holds, reason in checks if holds), "")
