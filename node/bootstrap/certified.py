"""uvicorn's protocol, which also tells the application by which certificate the other side came in.

uvicorn has no word for it: its scope has no `tls` extension. What it copies into each request's state is
this connection's own here, so no header and no other connection can set it.
"""

import asyncio
import hashlib

from uvicorn.protocols.http.h11_impl import H11Protocol

from node.api.auth import CERTIFICATE


class CertifiedProtocol(H11Protocol):
    """Adds the SHA-256 of the certificate that TLS has checked, where there is one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Look once, when the handshake is done."""
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        shown = None if connection is None else connection.getpeercert(binary_form=True)
        if shown is not None:
            self.app_state = {**self.app_state, CERTIFICATE: hashlib.sha256(shown).digest()}
