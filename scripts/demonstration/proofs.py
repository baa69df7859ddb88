"""The auditor: evidence from each bank, checked against a checkpoint that another node made."""

from collections.abc import Iterator, Sequence
from typing import Any

from node.services.evidence import make_checkpoint
from scripts.demonstration.nodes import Actor
from scripts.demonstration.place import Place
from settlement.errors import InvalidEvidence
from settlement.evidence.checkpoint import write_checkpoint
from settlement.evidence.verify import verify


def unproven(operator: Actor, banks: Sequence[Actor], payments: Sequence[Any], place: Place) -> Iterator[str]:
    """Write the evidence of each bank's newest settled payment; yield a sentence for each not proven."""
    context = operator.node.context
    checkpoint = make_checkpoint(context.store, context.settings, context.contracts, context.chain)
    (place.folder / "checkpoint.json").write_bytes(write_checkpoint(checkpoint))
    for bank in banks:
        own = [each for each in payments if each["payer"] == bank.player.bic and each["state"] == "settled"]
        for payment in own[:1]:
            path = f"/v1/payments/{payment['id']}/evidence"
            content = bank.system.document(path, height=str(checkpoint.height))
            (place.statements(bank.player) / f"evidence_{payment['id']}.json").write_bytes(content)
            try:
                *_, _last = verify(content, checkpoint)
            except InvalidEvidence as error:
                yield f"{bank.player.key}: {payment['id']} is not proven: {error.param}: {error.detail}"
