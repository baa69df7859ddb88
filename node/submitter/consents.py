"""What the submitter asks itself before it signs: nothing here is believed because a table says so.

Whoever writes into the database can put in rows and approvals. So the bank's limit comes from the settings,
the signature is checked against the very bytes that are to be signed, and whether its key may approve is
asked of the chain.
"""

from collections.abc import Iterable, Mapping, Sequence

import coincurve

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.errors import NotApproved
from node.keys.signing import address_of_public
from node.outbox.actions import Action
from node.outbox.work import Order, Row
from node.submitter.batch import consent_of
from settlement.approval import ACTION_OF_KIND, SETTLE, SIGNATURE_BYTES, approval_digest
from settlement.instruction import InstructionKind, digest
from settlement.participant import KeyRole

_ETHEREUM_V = 27
_ACTIONS = {
    Action.PAY: ACTION_OF_KIND[InstructionKind.PAYMENT],
    Action.SUBMIT: SETTLE,
    Action.ISSUE: ACTION_OF_KIND[InstructionKind.ISSUE],
    Action.REQUEST_REDEMPTION: ACTION_OF_KIND[InstructionKind.REDEMPTION],
}


class KeysUnasked(Exception):
    """Whether these keys may approve for these participants must be asked of the chain first."""

    def __init__(self, keys: frozenset[tuple[bytes, int]]) -> None:
        super().__init__()
        self.keys = keys


class Consents:
    """Whether the rows of a batch may be signed. What the chain said is kept for one transaction."""

    def __init__(self, chain: Chain, contracts: Contracts, limits: Mapping[int, int]) -> None:
        """Take the bank's own limits in minor units by asset."""
        self._chain = chain
        self._contracts = contracts
        self._limits = dict(limits)
        self._known: dict[tuple[bytes, int], bool] = {}

    def forget(self) -> None:
        """Ask the chain anew: a key may have been revoked."""
        self._known.clear()

    def ask(self, keys: Iterable[tuple[bytes, int]]) -> None:
        """Ask the chain whether keys may approve, each for a participant; raise `ChainError`."""
        for key, participant in keys:
            self._known[key, participant] = bool(
                self._contracts.read(
                    self._chain, "Participants", "mayAct", key, participant, int(KeyRole.APPROVE)
                )
            )

    def require(self, rows: Sequence[Row]) -> None:
        """Raise `NotApproved` with those that lack a consent, `KeysUnasked` while the chain was not asked."""
        asked = [row for row in rows if row.action.instructs]
        signers = {row.id: self._signer(row) for row in asked if consent_of(row.action, row.due) is not None}
        keys = {(signers[row.id], row.due.terms.payer) for row in asked if signers.get(row.id) is not None}
        unknown = frozenset((key, payer) for key, payer in keys if key and (key, payer) not in self._known)
        if unknown:
            raise KeysUnasked(unknown)
        missing = [row for row in asked if not self._is_consented(row, signers)]
        if missing:
            raise NotApproved(
                f"{len(missing)} instructions take a second person's consent and have none that counts: "
                f"{', '.join(row.due.id for row in missing[:5])}; nothing was signed for them. Only who "
                "writes into the database can have put them in so: find out who",
                words=frozenset(row.due.terms.encoded() for row in missing),
            )

    def _is_consented(self, row: Row, signers: Mapping[int, bytes | None]) -> bool:
        terms = row.due.terms
        if row.id in signers:
            key = signers[row.id]
            return key is not None and self._known[key, terms.payer]
        limit = self._limits.get(terms.asset)
        return row.due.approval is None and (limit is None or terms.amount <= limit)

    def _signer(self, row: Row) -> bytes | None:
        """Return whose signature a row's consent is, over what it would bring on chain; None: nobody's."""
        order, deployment = row.due, self._contracts.deployment
        signature = consent_of(row.action, order)
        if order.approval is None or signature is None or len(signature) != SIGNATURE_BYTES:
            return None
        asked = approval_digest(
            chain_id=deployment.chain_id,
            ledger=self._contracts.address("Ledger"),
            action=_ACTIONS[row.action],
            digest=self._digest(row.action, order),
            deadline=order.approval.deadline,
        )
        bare = signature[:-1] + bytes([(signature[-1] - _ETHEREUM_V) % 256])
        try:
            return address_of_public(coincurve.PublicKey.from_signature_and_message(bare, asked, hasher=None))
        except ValueError:
            return None

    def _digest(self, action: Action, order: Order) -> bytes:
        chain_id, ledger = self._contracts.deployment.chain_id, self._contracts.address("Ledger")
        if action is Action.SUBMIT:
            return order.one_leg.digest(chain_id=chain_id, ledger=ledger, commitment=order.commitment)
        return digest(chain_id=chain_id, ledger=ledger, terms=order.terms, commitment=order.commitment)
