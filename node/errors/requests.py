"""What a caller asked for and can't have."""

from collections.abc import Mapping

from node.errors.base import NodeError


class RequestRefused(NodeError):
    """The caller asked for something it can't have; asking again unchanged won't help."""

    status = 400


class Unauthenticated(RequestRefused):
    """No token, or one that is not known."""

    status = 401


class Forbidden(RequestRefused):
    """The token's role may not do this."""

    status = 403


class LoginRefused(Unauthenticated):
    """Name, password and code don't go together, or the account is locked: which of them is not said."""


class LoginsBusy(RequestRefused):
    """Several are logging in at this moment; try again in a second."""

    status = 503


class InvalidClient(Unauthenticated):
    """A machine did not show who it is (RFC 6749's word)."""


class InvalidScope(RequestRefused):
    """A machine asked for a role that it does not have (RFC 6749's word)."""


class UnsupportedGrantType(RequestRefused):
    """A token is asked for in a way that this node does not know (RFC 6749's word)."""


class IssuerUnavailable(RequestRefused):
    """The OpenID Connect issuer's keys can't be had; try again in a minute."""

    status = 503


class PasswordRefused(RequestRefused):
    """Not a password to take: too short, too long, or the one there was."""


class NameTaken(RequestRefused):
    """Somebody has this name already."""

    status = 409


class TooManyRequests(RequestRefused):
    """A caller asks more often than it may. `told`: what the answer's header fields say of the limit."""

    status = 429

    def __init__(self, detail: str, *, retry_after_seconds: int, told: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
        self.told = told


class PreconditionFailed(RequestRefused):
    """What is to be changed has changed since its caller saw it (`If-Match`); look again."""

    status = 412


class NotFound(RequestRefused):
    """Nothing has this identifier."""

    status = 404


class IdempotencyConflict(RequestRefused):
    """The idempotency key was used before with another body."""

    status = 409


class DuplicateUetr(RequestRefused):
    """The UETR was accepted before with other content."""

    status = 409


class DuplicateMessage(RequestRefused):
    """The sender used this message id before with another body."""

    status = 409


class VoidRefused(RequestRefused):
    """The payment is not `unknown`: what is under way, settled or rejected is not voided by hand."""

    status = 409


class BodyTooLarge(RequestRefused):
    """The body is above the limit."""

    status = 413


class ValueDateRefused(RequestRefused):
    """The value date is not today's."""


class DeadlineRefused(RequestRefused):
    """The deadline is past or too far ahead, or the earliest time does not go with it."""


class CancelRefused(RequestRefused):
    """The payment does not wait in the queue: nothing there can be cancelled."""

    status = 409


class QueueOrderRefused(RequestRefused):
    """The payment does not wait in the queue, or is there already as it was asked to be."""

    status = 409


class QueueRunRefused(RequestRefused):
    """What an earlier run of the queue proposed is still on its way to the chain."""

    status = 409


class ReturnRefused(RequestRefused):
    """A return of what this bank was not paid, or of more than is left of it."""

    status = 409


class LetterRefused(RequestRefused):
    """A letter that is not for this bank, not from whom it says, or says what can't be."""

    status = 409


class LetterEarly(RequestRefused):
    """A letter about something of which another letter has yet to come; send it again (RFC 8470's word)."""

    status = 425


class LettersFull(RequestRefused):
    """As many letters wait for their recipients as this node keeps."""

    status = 503


class CycleRefused(RequestRefused):
    """A netting cycle can't be called, affirmed or left as it stands."""

    status = 409


class ApprovalRefused(RequestRefused):
    """The instruction does not wait for an approval, or is not what the approver saw."""

    status = 409


class SelfApproval(RequestRefused):
    """Who entered an instruction does not answer for it: a second person does (R8)."""

    status = 403


class InFlight(RequestRefused):
    """The same request is being worked on at this moment: its answer comes when it is asked for again."""

    status = 409


class AssetNotFound(RequestRefused):
    """No money of this currency is registered on the chain."""


class PayerRefused(RequestRefused):
    """A file of, or a payment by, another bank than the one this node acts for."""


class RefusedByPolicy(RequestRefused):
    """A rule of the bank's own policies refuses this payment; who keeps the rules can say more."""

    status = 403


class RulesFull(RequestRefused):
    """There are as many rules as there may be, or versions of one."""

    status = 409


class PayeeRefused(RequestRefused):
    """The payee is the payer itself, or of a kind that holds no money."""


class QueueFull(RequestRefused):
    """The outbox holds as much as it may; try again when it has drained."""

    status = 503


class CursorGone(RequestRefused):
    """The feed has nothing at this cursor any more: it is too old, or the node's store was set back."""

    status = 410


class PeriodRefused(RequestRefused):
    """Not a period a statement can be drawn up for: not begun, too long, or with too many entries."""


class EvidenceMissing(RequestRefused):
    """Nothing is kept by which this could be proven: it has not settled, or its block was not checked."""

    status = 409


class MirrorBehind(RequestRefused):
    """The mirror does not have all blocks the answer must rest on; try again when it has caught up."""

    status = 503


class TradeRefused(RequestRefused):
    """What is asked of a trade does not fit where it stands, or who this bank is in it."""

    status = 409
