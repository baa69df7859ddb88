"""The door for other banks' nodes: one route, which takes letters and answers with signed receipts."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from node.api.problems import install
from node.errors import BodyTooLarge
from node.exchange.post import Post
from settlement.letter import LETTER_BYTES_MAX

PATH = "/letters"
MEDIA_TYPE = "application/jose"


def create_door(post: Post) -> FastAPI:
    """Return the application; there is nobody to log in: a letter shows by its signature whose it is."""
    app = FastAPI(title="Vostro, between nodes", openapi_url=None, docs_url=None, redoc_url=None)
    install(app)

    @app.post(PATH, status_code=HTTPStatus.OK)
    async def take(request: Request) -> Response:
        """Take a letter once, and answer it."""
        letter = await _body(request)
        receipt = await run_in_threadpool(post.take, letter)
        return Response(receipt, media_type=MEDIA_TYPE)

    return app


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > LETTER_BYTES_MAX:
            raise BodyTooLarge(f"a letter has at most {LETTER_BYTES_MAX} bytes")
    return bytes(found)
