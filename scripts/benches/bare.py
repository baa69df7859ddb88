"""The baseline of `requests`: a FastAPI route that checks nothing and writes the same row."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

import httpx2
import uvicorn
from fastapi import FastAPI
from sqlalchemy import create_engine, insert

from node.store.session import Store
from node.store.tables import instructions
from scripts.benches.place import free_port
from scripts.proving.place import ROOT

_START_SECONDS_MAX = 30
_WORD = bytes(32)


@contextmanager
def running(store_url: str) -> Iterator[str]:
    """Run the route on an empty store as a process of its own, as the node runs, and give its address."""
    store = Store(store_url)
    store.migrate()
    store.close()
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "scripts.benches.bare", store_url, str(port)], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        give_up = time.monotonic() + _START_SECONDS_MAX
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("the bare route did not start")
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/openapi.json").is_success
    except httpx2.TransportError:
        return False


def app(store_url: str) -> FastAPI:
    """Return the application."""
    engine = create_engine(store_url, pool_size=14)
    made, numbers = FastAPI(), count(1)

    @made.post("/payments", status_code=202)
    def pay(payment: dict[str, object]) -> dict[str, str]:
        number = next(numbers)
        row = {
            "id": f"pay_{number:020}", "kind": "payment", "payer": 2, "sequence": number, "asset": 840,
            "payee": 3, "amount": int(str(payment["amount"])), "urgent": False, "terms": _WORD,
            "commitment": _WORD, "salt": _WORD, "document": "{}", "uetr": str(uuid4()),
            "content_digest": _WORD, "end_to_end_id": str(payment["end_to_end_id"]),
            "value_date": "2026-11-23", "deadline": 2**40, "queue": False, "created_at": 0,
            "created_by": "bench",
        }  # fmt: skip
        with engine.begin() as connection:
            connection.execute(insert(instructions).values(row))
        return {"id": str(row["id"]), "uetr": str(row["uetr"])}

    return made


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[1]), port=int(sys.argv[2]), http="h11", log_level="warning", access_log=False)
