"""What a campaign says, changed by people: looked at first, kept version by version, taken back to any of them.

A step is known by its wait ("60", "2x", "24h"): another wait is another step, which everybody may get who has not come past it.
What was given stays given. Offers of a step that is taken out are dropped, unless their code is made, or being made, already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.errors import InvalidInput, NotFound
from plugin_core.offers import planning
from plugin_core.offers.campaigns import definition
from plugin_core.offers.definitions import parse
from plugin_core.offers.eligibility import STEP_REMOVED
from plugin_core.offers.models import Campaign, CampaignVersion
from plugin_core.stores.models import AuditEntry, Store

MOST_HELD_OUT = 0.5
_LONGEST_NAME = 80
_MOST_STEPS = 10


def checked(campaign: Campaign, name: str, body: Mapping[str, Any], holdout_share: float) -> Campaign:
    """The campaign as it would be, not part of any session. InvalidInput says what is wrong with it."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput("The campaign needs a name.", mend=f"Use 1 to {_LONGEST_NAME} letters.")
    if not 0 <= holdout_share <= MOST_HELD_OUT:
        raise InvalidInput("So many people can't be held out.", mend=f"Hold out from 0 to {MOST_HELD_OUT:.0%}.")
    if len(parse(campaign.kind, body).steps) > _MOST_STEPS:
        raise InvalidInput("These are too many steps.", mend=f"Use at most {_MOST_STEPS}.")
    return Campaign(
        id=campaign.id, store_id=campaign.store_id, key=campaign.key, kind=campaign.kind, name=name, state=campaign.state,
        definition=dict(body), holdout_share=holdout_share, version=campaign.version, started_at=campaign.started_at,
        updated_at=campaign.updated_at,
    )  # fmt: skip


def look(session: Session, store: Store, wanted: Campaign, *, now: int) -> planning.Preview:
    """Whom the campaign would act on if it were saved as :func:`checked` gave it. Changes nothing."""
    return planning.preview(session, store, wanted, now=now)


def save(session: Session, store: Store, campaign: Campaign, wanted: Campaign, *, version: int, actor: str, now: int) -> bool:
    """Whether anything is different now. ``version``: the one that was looked at; InvalidInput where there is a newer one."""
    if campaign.version != version:
        raise InvalidInput(
            f"{campaign.key} was changed by somebody else meanwhile.", mend="Look at it again and repeat your change."
        )
    before, after = _said(campaign), _said(wanted)
    if before == after:
        return False
    if session.get(CampaignVersion, (campaign.id, campaign.version)) is None:
        _keep(session, campaign, at=campaign.started_at or campaign.updated_at, actor="")
    campaign.name, campaign.definition, campaign.holdout_share = wanted.name, wanted.definition, wanted.holdout_share
    campaign.version, campaign.updated_at = campaign.version + 1, now
    _keep(session, campaign, at=now, actor=actor)
    session.add(
        AuditEntry(
            account_id=store.account_id, store_id=store.id, actor=actor, action="campaign.changed", subject=campaign.key,
            before=before, after=after, at=now,
        )
    )  # fmt: skip
    session.flush()
    _drop(session, campaign, now)
    _reprice(session, campaign)
    return True


def versions(session: Session, campaign: Campaign) -> list[CampaignVersion]:
    """The newest first; none where it was never changed."""
    chosen = select(CampaignVersion).where(CampaignVersion.campaign_id == campaign.id)
    return list(session.scalars(chosen.order_by(CampaignVersion.version.desc())))


def take_back(session: Session, store: Store, campaign: Campaign, to: int, *, actor: str, now: int) -> bool:
    """As version ``to`` said, as a new version."""
    kept = session.get(CampaignVersion, (campaign.id, to))
    if kept is None:
        raise NotFound(f"{campaign.key} has no version {to}.", mend="Look at the versions of the campaign.")
    wanted = checked(campaign, kept.name, kept.definition, kept.holdout_share)
    return save(session, store, campaign, wanted, version=campaign.version, actor=actor, now=now)


def _said(campaign: Campaign) -> dict[str, Any]:
    return {"name": campaign.name, "definition": dict(campaign.definition), "holdout_share": campaign.holdout_share}


def _keep(session: Session, campaign: Campaign, *, at: int, actor: str) -> None:
    session.add(
        CampaignVersion(
            campaign_id=campaign.id, version=campaign.version, name=campaign.name, definition=dict(campaign.definition),
            holdout_share=campaign.holdout_share, changed_at=at, changed_by=actor,
        )
    )  # fmt: skip
    session.flush()


def _drop(session: Session, campaign: Campaign, now: int) -> None:
    """What is planned of steps that are no more. Where a code is written down it may be in the store by now."""
    names = [step.name for step in definition(campaign).steps]
    sql = (
        "UPDATE offers SET state = 'skipped', reason = ?, decided_at = ? WHERE campaign_id = ? AND state = 'planned' "
        f"AND code = '' AND step NOT IN ({bulk.listed(session, 'text')})"
    )
    bulk.execute(session, sql, STEP_REMOVED, now, campaign.id, bulk.values(session, names))


def _reprice(session: Session, campaign: Campaign) -> None:
    """What is planned of a step gets the discount that the step gives now, unless its code is written down."""
    for step in definition(campaign).steps:
        planned = "campaign_id = ? AND state = 'planned' AND code = '' AND step = ?"
        sql = f"UPDATE offers SET percent = ? WHERE {planned} AND percent <> ?"
        bulk.execute(session, sql, step.percent, campaign.id, step.name, step.percent)
