"""Routes of products, categories and the store's own facts."""

from __future__ import annotations

from adapters.sandbox.web import Request, Response, answer
from adapters.sandbox.woocommerce.errors import UNKNOWN_PRODUCT, WooError, unknown
from adapters.sandbox.woocommerce.orders import in_order
from adapters.sandbox.woocommerce.params import Params, page, within
from adapters.sandbox.woocommerce.store import VERSION, WooStore

PRODUCT_CHOICES = ("date", "id", "include", "title", "slug", "modified", "price", "popularity", "rating", "menu_order")
CATEGORY_CHOICES = ("id", "include", "name", "slug", "term_group", "description", "count")
CURRENCY = {"code": "EUR", "name": "Euro", "symbol": "&euro;"}


def products(store: WooStore, request: Request) -> Response:
    params = Params(request, PRODUCT_CHOICES, "date")
    found = list(store.products.values())
    if "sku" in params.values:
        found = [each for each in found if each["sku"] in params.many["sku"]]
    if "category" in params.values:
        found = [each for each in found if any(str(kept["id"]) in params.many["category"] for kept in each["categories"])]
    if (status := params.values.get("status", "any")) != "any":
        found = [each for each in found if each["status"] == status]
    return page(
        store, request, params, in_order(params, within(store, params, found)), lambda each: store.shown("products", each)
    )


def product(store: WooStore, request: Request, number: int) -> Response:
    if number not in store.products:
        raise unknown(UNKNOWN_PRODUCT)
    return answer(store.shown("products", store.products[number]))


def categories(store: WooStore, request: Request) -> Response:
    params = Params(request, CATEGORY_CHOICES, "name", "asc")
    name = "id" if params.orderby == "include" else params.orderby
    found = sorted(
        store.categories.values(),
        key=lambda each: str(each.get(name, "")) if name != "id" else f"{each['id']:09d}",
        reverse=params.order == "desc",
    )
    if "include" in params.many:
        found = [each for each in found if each["id"] in params.ids("include")]
    return page(store, request, params, found, lambda each: each)


def system_status(store: WooStore, request: Request) -> Response:
    return answer({
        "environment": {
            "home_url": store.origin, "site_url": store.origin, "version": VERSION, "wp_version": "7.1", "php_version": "8.2.36",
            "default_timezone": "UTC", "language": "en_US", "wp_debug_mode": False, "wp_cron": False,
        },
        "database": {"wc_database_version": VERSION, "database_prefix": "wp_"},
        "active_plugins": [{"plugin": "woocommerce/woocommerce.php", "name": "WooCommerce", "version": VERSION}],
        "theme": {"name": "Twenty Twenty-Five", "version": "1.5"},
        "settings": {
            "api_enabled": False, "force_ssl": False, "currency": store.currency, "currency_symbol": "&euro;",
            "currency_position": "left",
            "thousand_separator": ",", "decimal_separator": ".", "number_of_decimals": 2, "geolocation_enabled": False,
            "order_datastore": "Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore",
            "HPOS_enabled": True, "HPOS_sync_enabled": False,
        },
        "security": {"secure_connection": False, "hide_errors": True},
    })  # fmt: skip


def currency(store: WooStore, request: Request) -> Response:
    return answer(CURRENCY | {"_links": {"collection": [{"href": f"{store.origin}/wp-json/wc/v3/data/currencies"}]}})


def _setting(store: WooStore, group: str, name: str, label: str, value: str) -> dict[str, object]:
    links = {"self": [{"href": f"{store.origin}/wp-json/wc/v3/settings/{group}/{name}"}]}
    return {
        "id": name,
        "label": label,
        "description": "",
        "type": "select",
        "default": "",
        "value": value,
        "group_id": group,
        "_links": links,
    }


def _settings(store: WooStore) -> dict[str, list[dict[str, object]]]:
    rows = {
        "general": (
            ("woocommerce_store_address", "Address line 1", "1 Main St"), ("woocommerce_store_city", "City", "İstanbul"),
            ("woocommerce_default_country", "Country / State", "TR:TR34"),
            ("woocommerce_store_postcode", "Postcode / ZIP", "34000"),
            ("woocommerce_calc_taxes", "Enable taxes", "yes"),
            ("woocommerce_enable_coupons", "Enable coupons", "yes" if store.coupons_enabled else "no"),
            ("woocommerce_currency", "Currency", store.currency), ("woocommerce_currency_pos", "Currency position", "left"),
            ("woocommerce_price_thousand_sep", "Thousand separator", ","),
            ("woocommerce_price_decimal_sep", "Decimal separator", "."),
            ("woocommerce_price_num_decimals", "Number of decimals", "2"),
        ),
        "tax": (
            ("woocommerce_prices_include_tax", "Prices entered with tax", "no"),
            ("woocommerce_tax_based_on", "Based on", "shipping"),
        ),
    }  # fmt: skip
    return {group: [_setting(store, group, *row) for row in held] for group, held in rows.items()}


def settings(store: WooStore, request: Request, group: str) -> Response:
    held = _settings(store)
    if group not in held:
        raise WooError(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
    return answer(held[group])


def setting(store: WooStore, request: Request, group: str, name: str) -> Response:
    for each in _settings(store).get(group, []):
        if each["id"] == name:
            return answer(each)
    raise WooError(404, "rest_setting_setting_invalid", "Invalid setting.")


def index(store: WooStore, request: Request) -> Response:
    """The site's own index, readable by anybody: its zone stands here and nowhere else."""
    offset = store.clock.now().astimezone(store.zone).utcoffset()
    hours = offset.total_seconds() / 3600 if offset else 0
    return answer({
        "name": "Comeback demo shop", "description": "", "url": store.origin, "home": store.origin, "gmt_offset": str(int(hours)),
        "timezone_string": store.zone_name, "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc-analytics", "wp/v2"],
        "authentication": {}, "routes": {}, "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    })  # fmt: skip


def namespace(store: WooStore, request: Request) -> Response:
    return answer(
        {
            "namespace": "wc/v3",
            "routes": {f"/wc/v3/{name}": {"namespace": "wc/v3"} for name in ("orders", "customers", "coupons", "refunds")},
        }
    )
