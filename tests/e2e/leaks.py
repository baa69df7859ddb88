"""Whether a secret stands anywhere, in whatever form (R7)."""

import base64
import re


def forms(secret: bytes) -> dict[str, re.Pattern[bytes]]:
    """Every form in which a secret could stand somewhere, as a pattern of bytes."""
    number = int.from_bytes(secret, "big")
    found = {
        "bytes": re.escape(secret),
        "reversed": re.escape(secret[::-1]),
        "hexadecimal": b"(?i)" + secret.hex().encode(),
        "spaced": b"(?i)" + re.escape(secret.hex(" ").encode()),
        "decimal": str(number).encode(),
        "list": re.escape(", ".join(map(str, secret)).encode()),
        "JSON list": re.escape(",".join(map(str, secret)).encode()),
        "Python": re.escape(repr(secret)[2:-1].encode()),
    }
    for shift in range(3):
        # In base64 three places give three texts; what touches the neighbours is left out.
        text = base64.b64encode(bytes(shift) + secret)
        inner = text[4 if shift else 0 : (shift + len(secret)) // 3 * 4]
        found[f"base64 at {shift}"] = re.escape(inner).replace(rb"\+", rb"[+\-]").replace(b"/", b"[/_]")
    return {name: re.compile(pattern) for name, pattern in found.items()}


def leaks(secrets: dict[str, bytes], places: dict[str, bytes]) -> list[str]:
    """Where which secret stands in which form."""
    patterns = [
        (f"{name} as {form}", each)
        for name, secret in secrets.items()
        for form, each in forms(secret).items()
    ]
    return [
        f"{told} in {place}"
        for place, content in places.items()
        for told, each in patterns
        if each.search(content)
    ]
