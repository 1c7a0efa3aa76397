"""Staged uploads: where to post a file, and the multipart form in which it comes."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from adapters.sandbox.draw import token
from adapters.sandbox.shopify.mutations import Change, error
from adapters.sandbox.shopify.projector import Arguments
from adapters.sandbox.shopify.store import Record, ShopStore
from adapters.sandbox.web import Request, Response, text

PATH = "/_staged"
MAXIMUM = 100 * 1024 * 1024


def create(shop: ShopStore, arguments: Arguments) -> Record:
    targets = []
    for given in arguments["input"]:
        if given["resource"] != "BULK_MUTATION_VARIABLES":
            wrong = error("The twin takes only BULK_MUTATION_VARIABLES", ["input", "resource"])
            return {"stagedTargets": [], "userErrors": [wrong]}
        key = f"tmp/{shop.app_id}/bulk/{token(32, shop.seed, 'upload', len(shop.uploads))}/{given['filename']}"
        shop.uploads[key] = None
        parameters = {
            "key": key,
            "Content-Type": given["mimeType"],
            "success_action_status": "201",
            "acl": "private",
            "policy": token(24, key),
        }
        shown = [{"name": name, "value": value} for name, value in parameters.items()]
        targets.append({"url": f"{shop.origin}{PATH}", "resourceUrl": None, "parameters": shown})
    return {"stagedTargets": targets, "userErrors": []}


def receive(shop: ShopStore, request: Request) -> Response:
    """The parameters must come before the file, as the storage behind the real one demands."""
    parts = form(request)
    names = [name for name, _ in parts]
    fields = dict(parts)
    key = fields.get("key", b"").decode()
    if key not in shop.uploads or names[-1:] != ["file"] or "policy" not in fields:
        return text(
            "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy</Message></Error>", 403, "application/xml"
        )
    if len(fields["file"]) > MAXIMUM:
        return text("<Error><Code>EntityTooLarge</Code></Error>", 400, "application/xml")
    with shop.lock:
        shop.uploads[key] = fields["file"]
    return text(f"<PostResponse><Key>{key}</Key></PostResponse>", 201, "application/xml")


def form(request: Request) -> list[tuple[str, bytes]]:
    head = f"Content-Type: {request.headers.get('Content-Type', '')}\r\n\r\n".encode()
    message: Any = BytesParser(policy=HTTP).parsebytes(head + request.body)
    if not message.is_multipart():
        return []
    return [
        (str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]


MUTATIONS: dict[str, tuple[str | None, Change]] = {"stagedUploadsCreate": (None, create)}
