"""A proxy between a node and its RPC node that does to the answers what networks and RPC nodes do.

A real HTTP server on a real socket. It passes everything on, except the next few requests with one method,
to which it does one thing.
"""

import http.client
import json
import socket
import struct
import threading
import time
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_FORWARD_SECONDS_MAX = 60
_DRIPS = 40
_STALE_BLOCKS = 4
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Fault(StrEnum):
    """What is done to a request or to its answer. `before`: the RPC node never hears of it."""

    TIMEOUT_BEFORE = "timeout before"
    TIMEOUT_AFTER = "timeout after"
    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "502"
    REDIRECT = "302"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    HALF_BODY = "half a body"
    WRONG_ID = "wrong id"
    WRONG_VERSION = "wrong jsonrpc"
    EMPTY = "empty"
    PAGE = "an HTML page"
    UNKNOWN_ERROR = "an error nobody knows"
    DRIP = "slow drip"
    STALE = "stale head"
    FALSE_RECEIPT = "false receipt"


class Proxy:
    """Serves on a free loopback port until it is left. `timeout`: longer than the node under test waits."""

    def __init__(self, upstream_port: int, *, timeout: float) -> None:
        self._upstream_port = upstream_port
        self._timeout = timeout
        self._fault: Fault | None = None
        self._method: str | None = None
        self._left = 0
        self._lock = threading.Lock()
        self._healed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.hits = 0
        # Every signed transaction that was ever on its way to the chain.
        self.sent: set[bytes] = set()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def disturb(self, fault: Fault, method: str | None, *, times: int) -> None:
        """Do this to the next so many requests with that method; None: with any."""
        with self._lock:
            self._fault, self._method, self._left, self.hits = fault, method, times, 0
        self._healed.clear()

    def heal(self) -> None:
        """Pass everything on from now, and let go of what is held."""
        with self._lock:
            self._left = 0
        self._healed.set()

    def _due(self, body: Any) -> Fault | None:
        """Return what is to be done to a request; note it."""
        requests = body if isinstance(body, list) else [body]
        methods = {each["method"] for each in requests}
        with self._lock:
            self.sent |= {
                bytes.fromhex(each["params"][0].removeprefix("0x"))
                for each in requests
                if each["method"] == "eth_sendRawTransaction"
            }
            if self._left == 0 or self._method not in {None, *methods}:
                return None
            self._left -= 1
            self.hits += 1
            return self._fault

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                proxy.answer(self, content)

        return Handler

    def answer(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        """Answer one request, well or badly."""
        body = json.loads(content)
        fault = self._due(body)
        if fault in {Fault.TIMEOUT_BEFORE, Fault.RESET_BEFORE}:
            self._lose(request, reset=fault is Fault.RESET_BEFORE)
        elif fault is Fault.TOO_MANY_REQUESTS:
            _respond(request, b"slow down", status=429)
        elif fault is Fault.SERVER_ERROR:
            _respond(request, b"bad gateway", status=502)
        elif fault is Fault.REDIRECT:
            _respond(request, b"", status=302)
        else:
            self._answer_after(request, body, self._forward(content), fault)

    def _answer_after(
        self, request: BaseHTTPRequestHandler, asked: Any, answer: bytes, fault: Fault | None
    ) -> None:
        """The RPC node has done its work; only its answer suffers."""
        if fault in {Fault.TIMEOUT_AFTER, Fault.RESET_AFTER}:
            self._lose(request, reset=fault is Fault.RESET_AFTER)
        elif fault is Fault.HALF_BODY:
            _respond(request, answer[: len(answer) // 2], length=len(answer))
            _close(request)
        elif fault is Fault.EMPTY:
            _respond(request, b"")
        elif fault is Fault.PAGE:
            _respond(request, b"<!DOCTYPE html><title>Welcome</title>", kind="text/html")
        elif fault is Fault.DRIP:
            self._drip(request, answer)
        elif fault is None:
            _respond(request, answer)
        else:
            _respond(request, json.dumps(_changed(asked, json.loads(answer), fault)).encode())

    def _forward(self, content: bytes) -> bytes:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._upstream_port, timeout=_FORWARD_SECONDS_MAX
        )
        try:
            connection.request("POST", "/", content, {"content-type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def _lose(self, request: BaseHTTPRequestHandler, *, reset: bool) -> None:
        if reset:
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        else:
            self._healed.wait(self._timeout)
        _close(request)

    def _drip(self, request: BaseHTTPRequestHandler, answer: bytes) -> None:
        request.send_response(200)
        request.send_header("content-length", str(len(answer)))
        request.end_headers()
        step = max(1, len(answer) // _DRIPS)
        for start in range(0, len(answer), step):
            try:
                request.wfile.write(answer[start : start + step])
                request.wfile.flush()
            except OSError:
                break
            time.sleep(self._timeout / _DRIPS)
        request.close_connection = True


def _respond(
    request: BaseHTTPRequestHandler,
    content: bytes,
    *,
    status: int = 200,
    length: int | None = None,
    kind: str = "application/json",
) -> None:
    try:
        request.send_response(status)
        if status == 302:
            request.send_header("location", "/elsewhere")
        request.send_header("content-type", kind)
        request.send_header("content-length", str(len(content) if length is None else length))
        request.end_headers()
        request.wfile.write(content)
        request.wfile.flush()
    except OSError:
        request.close_connection = True  # the node did not wait


def _close(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    request.connection.close()


def _changed(asked: Any, answer: Any, fault: Fault) -> Any:
    if isinstance(asked, list):
        by_id = {each["id"]: each for each in answer}
        return [_changed(each, by_id[each["id"]], fault) for each in asked]
    if fault is Fault.WRONG_ID:
        return answer | {"id": answer["id"] + 1}
    if fault is Fault.WRONG_VERSION:
        return answer | {"jsonrpc": "1.0"}
    if fault is Fault.UNKNOWN_ERROR:
        error = {"code": -32099, "message": "the moon is full"}
        return {"jsonrpc": "2.0", "id": answer["id"], "error": error}
    if "result" not in answer:
        return answer
    return answer | {"result": (_stale if fault is Fault.STALE else _false)(asked, answer["result"])}


def _stale(asked: Any, result: Any) -> Any:
    """What a node that is a few blocks behind says."""
    method, parameters = asked["method"], asked["params"]
    if method == "eth_blockNumber":
        return hex(max(0, int(result, 16) - _STALE_BLOCKS))
    if method == "eth_getTransactionCount":
        return hex(max(0, int(result, 16) - 1))
    if method == "eth_getBlockByNumber" and parameters[0] in {"0x0", "latest"}:
        return result
    if method.startswith("eth_get") and method != "eth_getCode":
        return None
    return result


def _false(asked: Any, result: Any) -> Any:
    """A receipt of what was never mined; of a block, the receipts of another."""
    if asked["method"] == "eth_getBlockReceipts":
        return [entry | {"blockHash": "0x" + "0f" * 32} for entry in result] + [{}]
    if asked["method"] != "eth_getTransactionReceipt":
        return result
    return {
        "blockHash": "0x" + "0f" * 32,
        "blockNumber": "0x1",
        "transactionIndex": "0x0",
        "transactionHash": asked["params"][0],
        "from": "0x" + "0e" * 20,
        "status": "0x1",
        "gasUsed": "0x5208",
        "logs": [],
    }
