"""Machines call us: verified, stored, answered."""

from webhooks.inbox import Inbox
from webhooks.routes import create_blueprint

__all__ = ["Inbox", "create_blueprint"]
