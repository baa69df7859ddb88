"""What gains power over the ledger after its deployment: who may move value, and whose orders count.

All of it is mirrored like any other event. Two changes stop the mirror, because after them the ledger may do
what this node has never seen the rules of.
"""

from node.chain.compiled import MODULES
from node.chain.contracts import Contracts
from node.errors import ForeignAuthority, ForeignModule
from settlement.events import Event, Layout

_WATCHED = frozenset(
    {
        ("Ledger", "ModuleAccepted"),
        *((contract, "AuthorityUpdated") for contract in ("Participants", "Ledger", "Settlement")),
    }
)


def concerns(layout: Layout) -> bool:
    """Tell whether an event of this layout may let somebody in whom this node does not know."""
    return (layout.contract, layout.name) in _WATCHED


def check(contracts: Contracts, event: Event, height: int) -> None:
    """Raise `ForeignModule` or `ForeignAuthority` unless the one let in is of the deployment."""
    if event.name == "ModuleAccepted":
        module = event.fields["module"]
        if module not in {contracts.address(name) for name in MODULES}:
            raise ForeignModule(
                f"since block {height} the ledger trusts {_hex(module)}, a module this node does not ship: "
                "ask the quorum what it is, and install a version that ships it"
            )
    elif event.fields["authority"] != contracts.address("AccessManager"):
        raise ForeignAuthority(
            f"since block {height} {event.contract} takes its orders from {_hex(event.fields['authority'])}, "
            "not from the deployment's access manager: ask the quorum why"
        )


def _hex(address: object) -> str:
    return f"0x{address.hex()}" if isinstance(address, bytes) else str(address)
