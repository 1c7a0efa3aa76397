"""Personal coupons: made, read back, and taken away again at once where the store made something else of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.payloads import moment
from plugin_core.clock import from_us
from plugin_core.errors import InvalidInput, OutcomeUnknown, Refused, Unsupported
from plugin_core.money import major
from plugin_core.platforms import CodeSpec, CreatedCode

REFERENCE = "_comeback_reference"  # coupon meta with an underscore is kept and returned
_EXISTS = "woocommerce_rest_coupon_code_already_exists"

# What WordPress' is_email() and sanitize_email() leave as it is: any other address is dropped from the restriction in
# silence (the code is open to all) or rewritten into somebody else's (jané@ becomes jan@; seen in 11.0.1). A star in a
# restriction stands for any text: *@example.com is every customer there.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'+/=?^_`{|}~.-]+")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]+(?<!-)")


def create_code(api: StoreApi, spec: CodeSpec, *, zone: ZoneInfo, currency: str, coupons_enabled: bool) -> CreatedCode:
    """Refused where the code is somebody else's, or where the store would not keep every condition."""
    if not coupons_enabled:
        mend = "Switch on 'Enable the use of coupon codes' in WooCommerce > Settings > General, then sync the store."
        raise Unsupported("Coupons are switched off in this store.", store=api.store, mend=mend)
    if not wordpress_accepts(spec.email):
        mend = "The code was not made, since it would be open to everybody."
        raise Refused(
            "WooCommerce can't bind a code to this customer's e-mail address.", store=api.store, mend=mend, code="email"
        )
    wanted = coupon_body(spec, zone=zone, currency=currency)
    try:
        made = api.write("POST", "coupons", wanted)
    except (OutcomeUnknown, Refused) as failure:
        if isinstance(failure, Refused) and failure.code != _EXISTS:
            raise
        return _adopt(api, spec, wanted, zone, failure)
    _check(api, spec, wanted, made, zone)
    return CreatedCode(str(made["code"]), str(made["id"]))


def delete_code(api: StoreApi, created: CreatedCode) -> None:
    """For good (a coupon in the trash would stay there for ever). One that is gone already is fine."""
    if not created.external_id.isdigit():
        raise InvalidInput(f"{created.external_id[:40]!r} is no WooCommerce coupon id.")
    try:
        api.write("DELETE", f"coupons/{created.external_id}", params={"force": "true"})
    except Refused as refused:
        if not refused.code.endswith("invalid_id"):
            raise


def coupon_body(spec: CodeSpec, *, zone: ZoneInfo, currency: str) -> dict[str, Any]:
    """The expiry as the site's wall time: ``date_expires_gmt`` is ignored on creation (seen in 11.0.1)."""
    body: dict[str, Any] = {
        "code": spec.code.lower(),
        "discount_type": "percent",
        "amount": str(spec.percent),
        "description": spec.title,
        "individual_use": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": [spec.email.lower()],
        "date_expires": from_us(spec.expires_at).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S"),
        "exclude_sale_items": False,
        "free_shipping": False,
        "meta_data": [{"key": REFERENCE, "value": spec.reference}],
    }
    if spec.minimum is not None:
        body["minimum_amount"] = str(major(spec.minimum, currency))
    return body


def wordpress_accepts(email: str) -> bool:
    local, at, domain = email.partition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(email) >= 6
        and _LOCAL.fullmatch(local) is not None
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
    )


def _adopt(
    api: StoreApi, spec: CodeSpec, wanted: Mapping[str, Any], zone: ZoneInfo, failure: OutcomeUnknown | Refused
) -> CreatedCode:
    """It exists, or may exist: ours if it carries our reference, made by an earlier try whose answer was lost."""
    rows = api.get("coupons", {"code": wanted["code"], "per_page": 100})
    same = (
        [row for row in rows if isinstance(row, dict) and str(row.get("code", "")).lower() == wanted["code"]]
        if isinstance(rows, list)
        else []
    )
    if not same:
        raise failure
    found = same[0]
    if reference_of(found) != spec.reference:
        mend = "Choose another prefix for the codes, or delete that coupon."
        raise Refused("A coupon with this code exists already and is not ours.", store=api.store, mend=mend, code=_EXISTS)
    _check(api, spec, wanted, found, zone)
    return CreatedCode(str(found["code"]), str(found["id"]), adopted=True)


def _check(api: StoreApi, spec: CodeSpec, wanted: Mapping[str, Any], made: Any, zone: ZoneInfo) -> None:
    differing = _differences(spec, wanted, made, zone)
    if not differing:
        return
    if isinstance(made, dict) and str(made.get("id", "")).isdigit():
        delete_code(api, CreatedCode(spec.code, str(made["id"])))
    mend = (
        "It was deleted again. A plugin may change coupons, or the store's time zone has changed: sync the store, then try again."
    )
    raise Refused(
        f"The store did not keep the code as asked ({', '.join(differing)}).", store=api.store, mend=mend, code="read_back"
    )


def _differences(spec: CodeSpec, wanted: Mapping[str, Any], made: Any, zone: ZoneInfo) -> list[str]:
    if not isinstance(made, dict) or not made.get("id"):
        return ["no coupon came back"]
    emails = made.get("email_restrictions")
    minimum = amount_of(made.get("minimum_amount"))
    checks = {
        "code": str(made.get("code", "")).lower() == wanted["code"],
        "discount type": made.get("discount_type") == "percent",
        "amount": amount_of(made.get("amount")) == spec.percent,
        "e-mail restriction": isinstance(emails, list) and [str(each).lower() for each in emails] == wanted["email_restrictions"],
        "usage limit": made.get("usage_limit") == 1 and made.get("usage_limit_per_user") == 1,
        "individual use": made.get("individual_use") is True,
        "minimum": minimum == amount_of(wanted.get("minimum_amount")),
        "expiry": expiry_of(made, zone) == from_us(spec.expires_at).replace(microsecond=0),
        "reference": reference_of(made) == spec.reference,
    }
    return [name for name, kept in checks.items() if not kept]


def expiry_of(made: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    try:
        found = moment(made.get("date_expires_gmt"), made.get("date_expires"), zone)
    except (TypeError, ValueError):
        return None
    return None if found is None else found.astimezone(UTC)


def reference_of(coupon: Mapping[str, Any]) -> str:
    meta = coupon.get("meta_data")
    entries = [each for each in meta if isinstance(each, dict)] if isinstance(meta, list) else []
    return next((str(each.get("value")) for each in entries if each.get("key") == REFERENCE), "")


def amount_of(value: object) -> Decimal:
    """WooCommerce pads amounts ("10" comes back as "10.00"); no minimum is "0.00"."""
    try:
        return Decimal(str(value or "0"))
    except InvalidOperation:
        return Decimal(-1)
