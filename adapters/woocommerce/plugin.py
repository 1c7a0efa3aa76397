"""What our plugin posts from inside a store as it connects: its site, the key it made, the secret it signs visits with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plugin_core.errors import InvalidInput

_SHAPES = {
    "consumer_key": re.compile(r"ck_[0-9a-zA-Z]{16,128}"),
    "consumer_secret": re.compile(r"cs_[0-9a-zA-Z]{16,128}"),
    "page_secret": re.compile(r"[0-9a-f]{64}"),
}
_AGAIN = "Update the plugin, then try again with the same link."


class WooCommercePlugin:
    def site_of(self, body: object) -> str:
        return _text(body, "site")

    def credentials(self, body: object) -> Mapping[str, str]:
        found = {name: _text(body, name) for name in _SHAPES}
        if any(shape.fullmatch(found[name]) is None for name, shape in _SHAPES.items()):
            raise InvalidInput("The plugin sent no usable keys.", mend=_AGAIN)
        return found


def _text(body: object, name: str) -> str:
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, str) or not value or len(value) > 512:
        raise InvalidInput("This is not what the plugin sends.", mend=_AGAIN)
    return value
