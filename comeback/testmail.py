"""A test mail, sent exactly as the store's mails are."""

from __future__ import annotations

from comeback.app import App
from comeback.settings import MailFolder
from plugin_core.errors import InvalidInput, SettingsProblem
from plugin_core.offers.campaigns import missing_settings
from plugin_core.offers.mails import test_mail
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import connected_stores, find_store


def send_test_mail(app: App, address: str, store_key: str | None) -> str:
    """Where it went, in words. Raises SettingsProblem where the sender is not set, MessageError where it can't be handed over."""
    if "@" not in address:
        raise InvalidInput(f"{address!r} is not an e-mail address.", mend="Write it like you@example.com.")
    with app.database.read() as session:
        stores = connected_stores(session)
        if store_key is None and len(stores) != 1:
            raise InvalidInput("Say which store's sender to use.", mend="Add --store STORE; comeback status lists them.")
        store = find_store(session, store_key) if store_key else stores[0]
        settings, _ = store_settings.current(session, store)
    missing = missing_settings(settings)
    if missing:
        words = " ".join(f'{name}="..."' for name in missing)
        raise SettingsProblem(f"{store.key}: the sender is not complete.", mend=f"Run: comeback settings {store.key} {words}")
    app.context.channel.send(test_mail(store, settings, address, renderer=app.context.renderer, now=app.context.clock()))
    target = app.settings.mail
    return f"into the folder {target.path}" if isinstance(target, MailFolder) else f"through {target.host}"
