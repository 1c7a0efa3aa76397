"""Commands that write what a platform has to be told about this app."""

from __future__ import annotations

import click

from comeback import settings as environment
from comeback.app_toml import shopify_app_toml
from comeback.manifest import read_manifest


@click.group()
def manifest() -> None:
    """Print the file that tells a platform about this app."""


@manifest.command("shopify")
def shopify() -> None:
    """Print shopify.app.toml: scopes, webhooks, fields and addresses of this installation."""
    settings = environment.load()
    click.echo(shopify_app_toml(read_manifest(), client_id=settings.shopify_client_id, public_url=settings.public_url), nl=False)


COMMANDS = (manifest,)
