"""All tables, gathered: importing this fills the metadata."""

from __future__ import annotations

from plugin_core.customers import models as customers
from plugin_core.customers.privacy import models as privacy
from plugin_core.db import Base
from plugin_core.inbox import models as inbox
from plugin_core.insights import models as insights
from plugin_core.loyalty import models as loyalty
from plugin_core.offers import models as offers
from plugin_core.orders import models as orders
from plugin_core.outbox import models as outbox
from plugin_core.products import models as products
from plugin_core.referral import models as referral
from plugin_core.rehearsal import models as rehearsal
from plugin_core.segments import models as segments
from plugin_core.stores import models as stores
from plugin_core.team import models as team
from plugin_core.tombstones import Tombstone
from plugin_core.work import models as work

metadata = Base.metadata

__all__ = [
    "Tombstone",
    "customers",
    "inbox",
    "insights",
    "loyalty",
    "metadata",
    "offers",
    "orders",
    "outbox",
    "privacy",
    "products",
    "referral",
    "rehearsal",
    "segments",
    "stores",
    "team",
    "work",
]
