"""One store's visitor never sees or changes another's: every route is tried, as the route table names them."""

from __future__ import annotations

from plugin_core import bulk
from tests.admin.paths import EXAMPLES, example, names, rules
from tests.admin.world import World


def test_every_part_of_an_address_has_an_example(shared_world: World) -> None:
    every = {name for method in ("GET", "POST") for rule in rules(shared_world.web, method) for name in names(rule)}
    assert every <= set(EXAMPLES), "add a line to EXAMPLES"


def test_what_belongs_to_another_store_is_not_there(shared_world: World) -> None:
    token = shared_world.shopify_token()
    theirs = shared_world.stores["woocommerce"]
    ours = shared_world.stores["shopify"]
    for rule in rules(shared_world.web, "GET"):
        if names(rule):
            path = example(shared_world, rule, theirs)
            if path != example(shared_world, rule, ours):
                assert shared_world.get(path, token).status_code in {403, 404}, rule
    for rule in rules(shared_world.web, "POST"):
        if names(rule):
            path = example(shared_world, rule, theirs)
            if path != example(shared_world, rule, ours):
                assert shared_world.post(path, {}, token).status_code in {403, 404}, rule


def test_no_page_shows_a_person_of_another_store(shared_world: World) -> None:
    with shared_world.app.database.read() as session:
        others = [
            str(email)
            for (email,) in bulk.select(
                session,
                "SELECT c.email FROM customers c JOIN customer_stats x ON x.customer_id = c.id "
                "WHERE c.email <> '' AND x.store_id = ? AND NOT EXISTS "
                "(SELECT 1 FROM customer_stats y WHERE y.customer_id = c.id AND y.store_id <> x.store_id)",
                shared_world.stores["woocommerce"].id,
            )
        ]
    assert others
    token, ours = shared_world.shopify_token(), shared_world.stores["shopify"]
    for rule in rules(shared_world.web, "GET"):
        shown = shared_world.get(example(shared_world, rule, ours), token)
        assert shown.status_code in {200, 302, 303, 400, 403, 404}, rule
        assert not [email for email in others if email in shown.text], rule


def test_nobody_gets_in_without_proof(shared_world: World) -> None:
    ours = shared_world.stores["shopify"]
    expired = shared_world.shopify_token(exp=1_700_000_000)
    for rule in rules(shared_world.web, "GET"):
        path = example(shared_world, rule, ours)
        assert shared_world.get(path).status_code == 303, rule
        assert shared_world.get(path, expired).status_code == 401, rule
        assert shared_world.get(f"{path}?ticket=gAAAAAmade-up").status_code in {302, 303}, rule
    for rule in rules(shared_world.web, "POST"):
        assert shared_world.post(example(shared_world, rule, ours), {}).status_code == 401, rule
        assert shared_world.post(example(shared_world, rule, ours), {}, expired).status_code == 401, rule
