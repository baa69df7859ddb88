"""Letters: whoever changes one, or signs for another, is found out; any JWS library reads them."""

import base64
import json

import coincurve
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from settlement.errors import InvalidLetter
from settlement.instruction import keccak
from settlement.letter import digest_to_sign, letter_digest, read_letter, signed, to_sign

_KEY = coincurve.PrivateKey(b"\x07" * 32)
_ADDRESS = keccak(_KEY.public_key.format(compressed=False)[1:])[-20:]
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)
_said = st.dictionaries(st.text(max_size=8), _values, max_size=5)


def _letter(said: dict[str, object], *, key: bytes = _ADDRESS) -> bytes:
    text = to_sign(said, key=key)
    return signed(text, _KEY.sign_recoverable(digest_to_sign(text), hasher=None))


@given(_said)
def test_letters_say_what_was_signed(said: dict[str, object]) -> None:
    """What is read is what was said, by the key that said it."""
    found = read_letter(_letter(said))

    assert (_ADDRESS, said) == (found.key, found.said)


@given(_said, st.data())
def test_a_changed_byte_is_found(said: dict[str, object], data: st.DataObject) -> None:
    """A letter with any byte changed is no letter, or the very same one in other words of base64."""
    letter = bytearray(_letter(said))
    place = data.draw(st.integers(0, len(letter) - 1))
    letter[place] ^= data.draw(st.integers(1, 255))
    try:
        found = read_letter(bytes(letter))
    except InvalidLetter:
        return
    assert (_ADDRESS, said) == (found.key, found.said)


def test_another_key_is_found() -> None:
    """Nobody signs as another: the key it names must be the one that signed."""
    with pytest.raises(InvalidLetter, match="not signed by"):
        read_letter(_letter({"a": 1}, key=b"\x01" * 20))


@given(_said)
def test_any_library_reads_them(said: dict[str, object]) -> None:
    """A letter is a JWS with ES256K (RFC 8812), as another library sees it."""
    public = _KEY.public_key.point()
    numbers = {
        name: base64.urlsafe_b64encode(half.to_bytes(32, "big")).rstrip(b"=").decode()
        for name, half in zip("xy", public, strict=True)
    }
    key = ECKey.import_key({"kty": "EC", "crv": "secp256k1", **numbers})
    found = jws.deserialize_compact(_letter(said), key, algorithms=["ES256K"])

    assert said == json.loads(found.payload)


def test_a_letter_is_named_by_what_it_says() -> None:
    """Signed anew, by another key or signature, it is the same letter."""
    letter = _letter({"a": 1})

    assert letter_digest(letter) == letter_digest(letter[:-4] + b"AAAA")
    assert letter_digest(letter) != letter_digest(_letter({"a": 2}))


@pytest.mark.parametrize("letter", [b"", b"a.b", b"..", b"e30.e30.e30", b"\xff.\xff.\xff", b"e30" * 99])
def test_what_is_no_letter_is_refused(letter: bytes) -> None:
    """Whatever else comes is refused, by one error."""
    with pytest.raises(InvalidLetter):
        read_letter(letter)
