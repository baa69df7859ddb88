"""`vostro openapi`: what the API takes and answers, for programs."""

import typer


def register(app: typer.Typer) -> None:
    """Add this command to `vostro`."""
    app.command()(openapi)


def openapi() -> None:
    """Print the OpenAPI document of this version; a running node serves the same at /openapi.json."""
    import orjson

    from node.api.app import document

    typer.echo(orjson.dumps(document(), option=orjson.OPT_INDENT_2))
