"""A mail to send in tests."""

from __future__ import annotations

from plugin_core.messaging import Mail

MAIL = Mail(
    message_id="m1@north.example",
    to="ben@people.example",
    to_name="Ben",
    sender="shop@north.example",
    sender_name="North",
    reply_to="help@north.example",
    subject="Hello",
    text="Hello Ben\n",
    html="<p>Hello Ben</p>",
    unsubscribe_url="https://comeback.example/u/t",
)
