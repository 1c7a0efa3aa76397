"""The installation's settings, read from the environment; everything wrong with them is said at once."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import sqlalchemy as sa
from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from comeback import keyfile
from plugin_core.errors import SettingsProblem

PREFIX = "COMEBACK_"
_NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


class SmtpServer(NamedTuple):
    """``implicit_tls``: encrypted from the first byte (smtps); otherwise by STARTTLS where the server offers it."""

    host: str
    port: int
    username: str
    password: str
    implicit_tls: bool


class MailFolder(NamedTuple):
    path: Path


def _database_url(value: SecretStr) -> SecretStr:
    try:
        url = sa.make_url(value.get_secret_value())
    except sa.exc.ArgumentError:
        raise ValueError(
            "is not a database URL. Write sqlite:////path/to/file or postgresql://user:password@host/name."
        ) from None
    if url.drivername in _POSTGRES:
        return SecretStr(url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    if url.drivername != "sqlite":
        raise ValueError(
            f"names {url.drivername}. Comeback keeps its tables in SQLite (sqlite:////path) or PostgreSQL (postgresql://)."
        )
    if not url.database or url.database == ":memory:":
        raise ValueError("names no file. A database in memory would be gone with the process: write sqlite:////path/to/file.")
    return value


def _secret_key(value: SecretStr) -> SecretStr:
    keys = _keys(value)
    if not keys or any(len(key) < keyfile.SHORTEST for key in keys):
        raise ValueError(f"holds a key shorter than {keyfile.SHORTEST} characters. Make one with: {_NEW_KEY}")
    return value


def _client_secret(value: SecretStr) -> SecretStr:
    if not 1 <= len(_keys(value)) <= 2:
        raise ValueError("holds neither one secret nor two. Write the new one and, while it is being changed, the old one.")
    return value


def _public_url(value: str) -> str:
    _web_address(value, path=True)
    return value.rstrip("/")


def _origin(value: str) -> str:
    _web_address(value, path=False)
    return value.rstrip("/")


def _smtp_url(value: SecretStr) -> SecretStr:
    _mail_target(value.get_secret_value())
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("is not the address of a Redis. Write redis://user:password@host:6379/0, rediss://... or unix:///path.")
    return value


class Settings(BaseSettings):
    """One field a variable, named COMEBACK_ and the field in capitals. Secrets show as stars wherever they are printed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        default=None,
        description="Where the tables are: sqlite:////path or postgresql://. Default: a SQLite file in the data folder.",
    )
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = Field(
        default=None,
        description="Encrypts the stores' credentials; several by commas, newest first. Default: a key file made once.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = Field(
        default=None, description="Scaled out: redis://user:password@host/0 carries nudges between web, workers and scheduler."
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        default="http://127.0.0.1:8000", description="Address under which shoppers and stores reach this installation."
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = Field(
        default=None,
        description="smtp://user:password@host, smtps://... or folder:/path to write mails into. Default: a mail folder.",
    )
    shopify_client_id: str = Field(default="", description="Client id of your Shopify app.")
    shopify_client_secret: Annotated[SecretStr, AfterValidator(_client_secret)] | None = Field(
        default=None,
        description="Client secret of your Shopify app; while it is being changed the new and the old one, by a comma.",
    )
    shopify_origin: Annotated[str, AfterValidator(_origin)] | None = Field(
        default=None, description="For development: replaces https://{shop} in every call to Shopify."
    )
    several_merchants: bool = Field(
        default=False,
        description="For hosts of several merchants: a store that comes by itself begins an account of its own.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=5,
        description="Proxies in front that add to X-Forwarded-For: so many of its last entries are believed.",
    )
    allow_private_stores: bool = Field(
        default=False, description="For development: also connect stores over plain HTTP or at private network addresses."
    )

    @property
    def database(self) -> str:
        """SQLAlchemy's URL."""
        if self.database_url is None:
            return f"sqlite:///{data_folder() / 'comeback.sqlite'}"
        return self.database_url.get_secret_value()

    @property
    def mail(self) -> SmtpServer | MailFolder:
        return MailFolder(data_folder() / "mail") if self.smtp_url is None else _mail_target(self.smtp_url.get_secret_value())

    def shopify_client_secrets(self) -> tuple[str, ...]:
        """Newest first; () where the app's secret is not set."""
        return () if self.shopify_client_secret is None else _keys(self.shopify_client_secret)

    def secret_keys(self) -> tuple[str, ...]:
        """Newest first. Without a configured one, the data folder's key file, made at the first call."""
        if self.secret_key is None:
            return keyfile.read_or_make(data_folder() / "secret.key")
        return _keys(self.secret_key)


def load() -> Settings:
    """Raises ONE SettingsProblem that lists every problem. Makes the data folder, for its owner only, where one is needed."""
    problems = _misspelt()
    settings = None
    try:
        settings = Settings()
    except ValidationError as refused:
        problems += [f"{_variable(str(error['loc'][0]))} {_words(error['msg'], error['type'])}" for error in refused.errors()]
    if bool(os.environ.get(f"{PREFIX}SHOPIFY_CLIENT_ID")) != bool(os.environ.get(f"{PREFIX}SHOPIFY_CLIENT_SECRET")):
        problems.append(f"{PREFIX}SHOPIFY_CLIENT_ID and {PREFIX}SHOPIFY_CLIENT_SECRET belong together. Set both, or neither.")
    if settings is not None and (settings.shopify_origin or "").startswith("http:") and not settings.allow_private_stores:
        problems.append(
            f"{PREFIX}SHOPIFY_ORIGIN is plain HTTP: tokens would be sent without encryption. "
            f"Use https://, or for development set {PREFIX}ALLOW_PRIVATE_STORES=1 too."
        )
    if settings is not None and None in {settings.database_url, settings.secret_key, settings.smtp_url}:
        try:
            data_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
            settings.secret_keys()
        except SettingsProblem as problem:
            problems.append(str(problem))
        except OSError as problem:
            problems.append(
                f"The data folder {data_folder()} can't be made ({problem.strerror}). Set XDG_DATA_HOME to a writable folder."
            )
    if problems or settings is None:
        raise SettingsProblem("\n".join(["The settings can't be used:", *(f"  - {problem}" for problem in problems)]))
    return settings


def data_folder() -> Path:
    return user_data_path("comeback", appauthor=False)


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def _words(message: str, kind: str) -> str:
    if kind.startswith("bool"):
        return "is neither yes nor no. Write 1 or 0."
    return message.removeprefix("Value error, ")


def _misspelt() -> list[str]:
    known = [field.upper() for field in Settings.model_fields]
    found = sorted(name.removeprefix(PREFIX) for name in os.environ if name.startswith(PREFIX))
    close = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.85) for name in found if name not in known}
    return [f"{PREFIX}{name} is not a setting. Did you mean {PREFIX}{match[0]}?" for name, match in close.items() if match]


def _keys(value: SecretStr) -> tuple[str, ...]:
    return tuple(key.strip() for key in value.get_secret_value().split(",") if key.strip())


def _web_address(value: str, *, path: bool) -> None:
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not a web address. Write it like https://comeback.example.com.")
    if parts.username or parts.password or parts.query or parts.fragment or (not path and parts.path.strip("/")):
        allowed = "scheme, host, port and path" if path else "scheme, host and port"
        raise ValueError(f"holds more than {allowed}. Leave the rest away.")


def _mail_target(value: str) -> SmtpServer | MailFolder:
    parts = _split(value)
    if parts.scheme == "folder":
        path = Path(unquote(parts.path))
        if parts.netloc or not path.is_absolute():
            raise ValueError("names no folder by its full path. Write it like folder:/var/lib/comeback/mail.")
        return MailFolder(path)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("is not a mail server. Write smtp://user:password@host:587, smtps://user:password@host or folder:/path.")
    if parts.path.strip("/") or parts.query not in {"", "tls=offered", "tls=required"} or parts.fragment:
        raise ValueError(
            "holds more than user, password, host and port (and tls=required). "
            "Special characters in passwords are written as %XX."
        )
    implicit_tls = parts.scheme == "smtps"
    port = parts.port or (465 if implicit_tls else 587)
    return SmtpServer(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), implicit_tls)


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # refuses ports that are none
    except ValueError:
        raise ValueError(
            "is not an address: its host or port can't be read. Special characters in passwords are written as %XX."
        ) from None
    return parts
