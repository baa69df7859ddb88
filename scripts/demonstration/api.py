"""A bank's own system, talking to its node over HTTP: nothing in here knows the node from inside."""

from collections.abc import Mapping
from typing import Any

import httpx2

_TIMEOUT_SECONDS = 60.0
_PAGE = 100


class Refused(Exception):
    """The node answered with a problem (RFC 9457); the message says which request and why."""


class BankSystem:
    """One bank's system: its node's URL and an officer's token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._client = httpx2.Client(
            base_url=url,
            timeout=_TIMEOUT_SECONDS,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON at a path."""
        return self._checked(self._client.get(path, params=query)).json()

    def document(self, path: str, **query: str) -> bytes:
        """Return the document at a path; XML, where it has a choice."""
        return self._checked(
            self._client.get(path, params=query, headers={"Accept": "application/xml"})
        ).content

    def pay(self, key: str, payments: list[Mapping[str, Any]]) -> Any:
        """Send payments under an idempotency key; return what was accepted."""
        answer = self._client.post(
            "/v1/payments", json={"payments": payments}, headers={"Idempotency-Key": key}
        )
        return self._checked(answer).json()

    def resolve(self, key: str, code: str) -> str:
        """Have a currency's queue resolved under an idempotency key; return the run's id."""
        answer = self._client.post(
            "/v1/queue/runs", json={"currency": code}, headers={"Idempotency-Key": key}
        )
        identifier: str = self._checked(answer).json()["run_id"]
        return identifier

    def post(self, path: str, key: str, body: Mapping[str, Any]) -> Any:
        """Send JSON to a path under an idempotency key; return the answer."""
        return self._checked(self._client.post(path, json=body, headers={"Idempotency-Key": key})).json()

    def promise(self, key: str, payments: list[Mapping[str, Any]]) -> None:
        """Promise payments that settle in a cycle, under an idempotency key."""
        answer = self._client.post(
            "/v1/cycles/payments", json={"payments": payments}, headers={"Idempotency-Key": key}
        )
        self._checked(answer)

    def call_cycle(self, key: str, code: str) -> str:
        """Call for a cycle in a currency under an idempotency key; return the call's id."""
        answer = self._client.post("/v1/cycles", json={"currency": code}, headers={"Idempotency-Key": key})
        identifier: str = self._checked(answer).json()["call"]
        return identifier

    def affirm(self, call: str, cycle: str, *, secret: str, token: str) -> None:
        """Have an approver affirm the cycle of a call, by the approver's own token and secret."""
        answer = self._client.post(
            f"/v1/cycles/{call}/affirmation",
            json={"cycle": cycle, "secret": secret},
            headers={"Idempotency-Key": f"affirm {call}", "Authorization": f"Bearer {token}"},
        )
        self._checked(answer)

    def send_file(self, key: str, body: bytes) -> Any:
        """Send a message file under an idempotency key; return what was accepted."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/xml"}
        answer = self._client.post("/v1/files", content=body, headers=headers)
        return self._checked(answer).json()

    def payments(self) -> list[Any]:
        """Return every payment of the bank, page by page."""
        found: list[Any] = []
        query = {"limit": str(_PAGE)}
        while True:
            page = self.get("/v1/payments", **query)
            found += page["payments"]
            if page["cursor"] is None:
                return found
            query["cursor"] = page["cursor"]

    def _checked(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.is_success:
            return answer
        raise Refused(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
