"""What a source of the feed has to tell, and up to where it is told then."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from node.services.streams.feed import Draft, Place

# A source that was not there when the feed began.
_NOWHERE = (-1, 0)


@dataclass(slots=True, kw_only=True)
class Told:
    """`full`: there is more, which comes before anything of a later source."""

    drafts: list[Draft] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    full: bool = False


def place_in(places: Mapping[str, Place], name: str) -> Place:
    """Return up to where a source is told; before everything when it is new."""
    return places.get(name, _NOWHERE)
