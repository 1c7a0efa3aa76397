"""The port to channels that reach people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Mail(NamedTuple):
    message_id: str  # without <>; deterministic, so that a mail already sent can be recognised
    to: str
    to_name: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str = ""  # one-click POST address (RFC 8058)
    unsubscribe_mailto: str = ""


class Content(NamedTuple):
    """A rendered message, before it has an address."""

    subject: str
    text: str
    html: str


class Renderer(Protocol):
    """Turns a template and its facts into a message in the reader's language."""

    def render(self, template: str, locale: str, facts: dict[str, object]) -> Content:
        """``template`` names a message ("winback", "abandoned_checkout", "test"); missing facts have fallbacks, never "None"."""
        ...


class Channel(Protocol):
    name: str

    def send(self, mail: Mail) -> None:
        """Hand over. Raises MessageNotSent, MessageRefused or MessageOutcomeUnknown.

        A channel that can answer ``was_sent`` must take the same ``message_id`` twice without delivering twice.
        """
        ...

    def was_sent(self, message_id: str) -> bool | None:
        """Whether this mail went out; None where the channel can't tell."""
        ...

    def forget(self, message_ids: Sequence[str]) -> None:
        """Remove every copy that the channel itself keeps of these mails; ids it does not know are no error.

        Raises MessageNotSent where a copy can't be removed now.
        """
        ...

    def close(self) -> None: ...
