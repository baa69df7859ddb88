"""A small OpenID Connect issuer on loopback: discovery, published keys, and whatever tokens a test wants."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key

AUDIENCE = "vostro"


class Issuer:
    """Its `keys` are published; `answers` overrides what a path answers; `asked` counts discoveries."""

    def __init__(self, port: int) -> None:
        self.name = f"http://127.0.0.1:{port}"
        self.keys: list[Key] = [self.new_key()]
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked = 0

    @staticmethod
    def new_key() -> Key:
        """A key that it may sign with."""
        return ECKey.generate_key("P-256", auto_kid=True)

    def token(self, now: float, key: Key | None = None, **changes: Any) -> str:
        """An access token of Erika's, who is in the group of officers; None leaves a claim out."""
        signer = key or self.keys[-1]
        claims = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": "erika",
            "exp": int(now) + 300,
            "groups": ["officers"],
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": signer.kid}, kept, signer)

    def answer(self, path: str) -> tuple[int, bytes]:
        """What it answers to a path."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            self.asked += 1
            return 200, json.dumps({"issuer": self.name, "jwks_uri": f"{self.name}/keys"}).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()
        return 404, b"{}"


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Give an issuer that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = issuer.answer(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content.decode())
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
