"""The connection goes to the address that was checked, while the certificate has to be the shop's."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.woocommerce import WooCommerceOptions, WooCommercePlatform
from plugin_core.errors import WrongAddress
from plugin_core.platforms import ConnectionInfo


class Orders(BaseHTTPRequestHandler):
    hosts: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        body = b'[{"id": 1}]'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Orders)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def opened(host: str, port: int, certificate: Path, looked_up: list[str]):
    def resolver(name: str, _port: int) -> list[str]:
        looked_up.append(name)
        return ["127.0.0.1"]

    options = WooCommerceOptions(allow_private=True, resolver=resolver, pause=lambda _seconds: None)
    info = ConnectionInfo("ada-shop", f"https://{host}:{port}", {"consumer_key": "ck_1", "consumer_secret": "cs_1"})
    client = WooCommercePlatform(options).open(info)
    client._api.signed.session.verify = str(certificate)
    return client


def test_the_name_is_looked_up_once_and_the_certificate_is_the_names(port, certificate):
    looked_up: list[str] = []
    client = opened("shop.example", port, certificate, looked_up)
    assert client._api.get("orders") == client._api.get("orders") == [{"id": 1}]
    assert looked_up == ["shop.example"]
    assert Orders.hosts[-1] == f"shop.example:{port}"
    client.close()


def test_another_shops_certificate_is_refused(port, certificate):
    client = opened("other.example", port, certificate, [])
    with pytest.raises(WrongAddress, match="valid certificate"):
        client._api.get("orders")
    client.close()
