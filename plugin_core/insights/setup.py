"""What a newly connected store still lacks before it earns anything: worked out from how things stand, not ticked by hand."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from plugin_core import bulk
from plugin_core.offers import campaigns
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings


class Setup(NamedTuple):
    imported: bool
    worked_out: bool  # stages, segments and points stand for everybody
    sender: bool  # every mail can say from whom it is, as the law wants
    campaign: str  # key of the first one that ever started; "" while none has
    winback_runs: bool
    showing: bool  # something of ours stands in the store

    @property
    def done(self) -> bool:
        return self.imported and self.worked_out and self.sender and bool(self.campaign)


def setup(session: Session, store: Store, settings: StoreSettings) -> Setup:
    known = campaigns.campaigns(session, store)
    written = bulk.select(
        session,
        "SELECT EXISTS (SELECT 1 FROM written_states w JOIN store_customers a ON a.id = w.store_customer_id "
        "WHERE a.store_id = ?)",
        store.id,
    )[0][0]
    return Setup(
        imported=store.first_import_at is not None,
        worked_out=store.yardsticks_at is not None,
        sender=not campaigns.missing_settings(settings),
        campaign=next((one.key for one in known if one.started_at is not None), ""),
        winback_runs=any(one.kind == "winback" and one.state == "running" for one in known),
        showing=bool(written),
    )
