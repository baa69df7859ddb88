"""What rules refuse leaves no payment, but an entry in the audit log: by which rules, and why there."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from node.errors import RefusedByPolicy
from node.services.audit import append_audit
from node.services.policies.verdicts import Judged
from node.services.requests import Prepared
from node.services.submissions import FAULTS_MAX, FaultyRequests, Submission
from node.store.session import Store
from settlement.document import Json
from settlement.policy import Outcome

_LISTED_MAX = 20


class RefusedByRules(FaultyRequests):
    """What was asked for is sound, and rules refuse some of it; not seen outside the services."""

    def __init__(self, refused: Sequence[tuple[int, Prepared, Judged]]) -> None:
        super().__init__([(position, _error(each)) for position, _, each in refused[:FAULTS_MAX]])
        self.refused = refused


def require_allowed(new: Sequence[tuple[int, Prepared]], judged: Sequence[Judged]) -> None:
    """Raise `RefusedByRules` where there is a refusal among the verdicts of items, each with its position."""
    refused = [
        (position, item, each)
        for (position, item), each in zip(new, judged, strict=bool(judged))
        if each.verdict.outcome is Outcome.REFUSE
    ]
    if refused:
        raise RefusedByRules(refused)


def log_refusal(store: Store, submission: Submission, found: RefusedByRules, *, at: int) -> None:
    """Write into the audit log what was refused to whom: counts, and the first of them with their rules."""
    digest = hashlib.sha256()
    for _, item, _ in found.refused:
        digest.update(item.uetr.encode() + item.content_digest)
    rules = Counter(f"{each.verdict.rule} {each.verdict.version}" for _, _, each in found.refused)
    detail: dict[str, Json] = {
        "asked": len(submission.requests),
        "refused": len(found.refused),
        "rules": dict(rules),
        "digest": digest.hexdigest(),
        "first": [_listed(item, each) for _, item, each in found.refused[:_LISTED_MAX]],
    }
    with store.transaction() as connection:
        append_audit(
            connection,
            at=at,
            actor=submission.asked_by,
            action="payments_refused_by_policy",
            subject=submission.request.key,
            detail=detail,
        )


def _error(judged: Judged) -> RefusedByPolicy:
    verdict = judged.verdict
    return RefusedByPolicy(f"the bank's rule {verdict.rule} refuses it: {verdict.why}")


def _listed(item: Prepared, judged: Judged) -> dict[str, Json]:
    verdict = judged.verdict
    said: dict[str, Json] = {"uetr": item.uetr, "rule": verdict.rule, "version": verdict.version}
    if judged.list_entry is not None:
        said |= {
            "list_version": judged.list_version,
            "list_entry": judged.list_entry,
            "list_score": judged.facts.list_score,
        }
    return said
