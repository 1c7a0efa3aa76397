"""WooCommerce's error answers, word for word as recorded."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.web import Response, answer


class WooError(Exception):
    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.data: Any = {"status": status} if data is None else data

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": self.data}

    def response(self) -> Response:
        return answer(self.body(), self.status)


def cannot_view() -> WooError:
    return WooError(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")


def authentication(message: str) -> WooError:
    return WooError(401, "woocommerce_rest_authentication_error", message)


def no_route() -> WooError:
    return WooError(404, "rest_no_route", "No route was found matching the URL and request method.")


def invalid_params(params: dict[str, tuple[str, str]]) -> WooError:
    """``params``: name -> (code, message)."""
    data = {
        "status": 400,
        "params": {name: message for name, (_, message) in params.items()},
        "details": {name: {"code": code, "message": message, "data": None} for name, (code, message) in params.items()},
    }
    return WooError(400, "rest_invalid_param", f"Invalid parameter(s): {', '.join(params)}", data)


UNKNOWN_CUSTOMER = ("wc_user_invalid_id", "Invalid user ID.")
UNKNOWN_ORDER = ("woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
UNKNOWN_COUPON = ("woocommerce_rest_shop_coupon_invalid_id", "Invalid ID.")
UNKNOWN_PRODUCT = ("woocommerce_rest_product_invalid_id", "Invalid ID.")
UNKNOWN_WEBHOOK = ("woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")


def unknown(kind: tuple[str, str]) -> WooError:
    return WooError(404, *kind)
