"""JSON-RPC over HTTP: requests and batches, each with a deadline and a limit, answers checked for form.

Says nothing of what is asked; see `rpc`. Safe for several threads (httpx2's client is).
"""

import time
from collections.abc import Sequence
from itertools import count
from typing import Any

import httpx2
import orjson

from node.chain import normalise
from node.errors import ChainError, ChainUnavailable, SettingsInvalid

Call = tuple[str, tuple[Any, ...]]

# Sixteen full blocks of payments are about 70 MB of JSON.
ANSWER_BYTES_MAX = 256 * 1024 * 1024
_HEADERS = {"content-type": "application/json"}
_VERSION = "2.0"
_OK = 200
_PORT_MAX = 65_535


class Endpoint:
    """One URL. `timeout` (seconds) is the deadline of a whole request, from connecting to the last byte."""

    def __init__(
        self,
        url: str,
        timeout: float,
        *,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._client = httpx2.Client(
            base_url=_checked(url), timeout=timeout, headers=_HEADERS, transport=transport, trust_env=False
        )
        self._timeout = timeout
        self._answer_bytes_max = answer_bytes_max
        self._ids = count(1)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def request(self, method: str, *parameters: Any) -> Any:
        """Return the result of one call; raise a `ChainError`."""
        body = self._body(method, parameters)
        return _result(method, body["id"], self._post(method, body))

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Return the results of several calls in their order, by one request; raise the first error."""
        if not calls:
            return []
        bodies = [self._body(method, parameters) for method, parameters in calls]
        title = f"batch of {len(calls)}, first {calls[0][0]}"
        answer = self._post(title, bodies)
        if isinstance(answer, dict) and "error" in answer:
            raise normalise.rpc_error(title, answer["error"])
        if not isinstance(answer, list) or len(answer) != len(bodies):
            raise normalise.malformed(title, answer)
        # A batch's answers may come in any order (JSON-RPC 2.0, section 6).
        by_id = {_id(entry): entry for entry in answer}
        return [_result(body["method"], body["id"], by_id.get(body["id"])) for body in bodies]

    def _body(self, method: str, parameters: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": _VERSION, "id": next(self._ids), "method": method, "params": parameters}

    def _post(self, title: str, body: Any) -> Any:
        try:
            content = self._exchange(orjson.dumps(body))
        except ChainError:
            raise
        # Whatever the HTTP library raises means one thing: no answer. RuntimeError: the client was closed.
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError, RuntimeError) as error:
            raise normalise.transport_error(error) from None
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise normalise.malformed(title, content[:80]) from None

    def _exchange(self, content: bytes) -> bytes:
        deadline = time.monotonic() + self._timeout
        received = bytearray()
        with self._client.stream("POST", "", content=content) as response:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > self._answer_bytes_max:
                    raise ChainUnavailable(
                        f"the RPC endpoint's answer is above {self._answer_bytes_max} bytes"
                    )
                if time.monotonic() > deadline:
                    raise ChainUnavailable(f"the RPC endpoint took longer than {self._timeout} seconds")
        if response.status_code != _OK:
            # Some nodes say what is wrong in JSON beside a 4xx or 5xx; the status tells enough.
            raise normalise.http_error(response.status_code)
        return bytes(received)


def _checked(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise SettingsInvalid(f"VOSTRO_RPC_URL: {url!r}: {error}") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host or not 0 < (parsed.port or 1) <= _PORT_MAX:
        raise SettingsInvalid(f"VOSTRO_RPC_URL: {url!r} is not the URL of an HTTP endpoint")
    return parsed


def _id(entry: Any) -> int | None:
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if isinstance(found, int) else None


def _result(method: str, wanted: int, entry: Any) -> Any:
    if not isinstance(entry, dict) or entry.get("jsonrpc") != _VERSION:
        raise normalise.malformed(method, entry)
    # An error to a request that could not be read has no id (JSON-RPC 2.0, section 5).
    if entry.get("error") is not None and entry.get("id") in (wanted, None):
        raise normalise.rpc_error(method, entry["error"])
    if _id(entry) != wanted or "result" not in entry:
        raise normalise.malformed(method, entry)
    return entry["result"]
