"""Planning: running campaigns take in the people whose moment has come."""

from __future__ import annotations

from collections import Counter

import structlog
from sqlalchemy import select

from jobs.context import JobContext
from plugin_core.offers import planning
from plugin_core.offers.models import Campaign
from plugin_core.stores.models import Store

log = structlog.get_logger("jobs.planning", stage="planning")

BATCH = 2000


def plan_offers(context: JobContext, store_id: int) -> Counter[str]:
    """How many offers are new: "planned", "held_out", "skipped". Plans nothing before the first whole import is in.

    A batch is a transaction: killed in between, the next run decides the rest.
    """
    counts: Counter[str] = Counter()
    with context.database.read() as session:
        store = session.get_one(Store, store_id)
        ready = store.state == "connected" and store.first_import_at is not None
        running = select(Campaign.id).where(Campaign.store_id == store_id, Campaign.state == "running").order_by(Campaign.id)
        campaign_ids = list(session.scalars(running)) if ready else []
    for campaign_id in campaign_ids:
        now = context.clock()
        with context.database.read() as session:
            campaign = session.get_one(Campaign, campaign_id)
            verdicts, version = planning.judge(session, store, campaign, now=now, again=False)
        changed = [verdict for verdict in verdicts if verdict.changed]
        for start in range(0, len(changed), BATCH):
            with context.database.write() as session:
                campaign = session.get_one(Campaign, campaign_id)
                if campaign.state != "running":
                    break
                log.info("planning", store=store.key, campaign=campaign.key, offers=len(changed[start : start + BATCH]))
                counts += planning.record(session, campaign, changed[start : start + BATCH], settings_version=version, now=now)
    return counts
