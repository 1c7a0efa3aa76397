"""The pages, one module each; a new one is added to the table here and to the navigation."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import lazy_gettext

from admin.desk import Desk
from admin.pages import (
    audit,
    campaign_editor,
    campaign_mail,
    campaigns,
    home,
    loyalty,
    people,
    people_file,
    person,
    privacy,
    segment_builder,
    segments,
    settings,
    settings_effect,
    settings_history,
    stores,
    sync,
    team,
    turning,
    uploading,
)
from admin.routes import Pages

ALL: tuple[Callable[[Desk], Pages], ...] = (
    home.create_pages,
    audit.create_pages,
    privacy.create_pages,
    campaigns.create_pages,
    campaign_editor.create_pages,
    campaign_mail.create_pages,
    loyalty.create_pages,
    segment_builder.create_pages,
    segments.create_pages,
    settings.create_pages,
    settings_effect.create_pages,
    settings_history.create_pages,
    sync.create_pages,
    team.create_pages,
    people.create_pages,
    people_file.create_pages,
    uploading.create_pages,
    person.create_pages,
    stores.create_pages,
    turning.create_pages,
)

# (path, name): in the order in which they are shown
NAVIGATION = (
    ("/app", lazy_gettext("Home")),
    ("/app/customers", lazy_gettext("Customers")),
    ("/app/segments", lazy_gettext("Segments")),
    ("/app/campaigns", lazy_gettext("Campaigns")),
    ("/app/loyalty", lazy_gettext("Loyalty & referral")),
    ("/app/sync", lazy_gettext("Sync & health")),
    ("/app/settings", lazy_gettext("Settings")),
    ("/app/privacy", lazy_gettext("Privacy")),
)
