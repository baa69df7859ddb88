"""One bank's node on the embedded network, without its door: acceptance, submitter and follower."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from node.clock import SystemRandom
from node.follower.follower import Follower
from node.services.acceptance import accept
from node.services.answers import Answer
from node.services.files import CheckedFile, accept_file, check_file
from node.services.filters import Filter
from node.services.incoming_files import FileForm
from node.services.payments import Payment, list_payments
from node.services.requests import PaymentRequest
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions, outbox
from node.submitter.submitter import Submitter
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from tests.scenario import BANKS, Member, Network

_ROUNDS_MAX = 50


def request(number: int = 0, **changed: Any) -> PaymentRequest:
    """A sound request, or one with something changed."""
    fields: dict[str, Any] = {
        "payee": BankReference(bic=BANKS[1].bic),
        "currency": "USD",
        "amount": str(1000 + number),
        "end_to_end_id": f"E{number}",
        "document": {"Dbtr": {"Nm": f"Debtor {number}"}},
    }
    return PaymentRequest(**fields | changed)


@dataclass(slots=True, kw_only=True)
class Bank:
    """The parts of one node that take in, sign and mirror; its store is the only thing that lasts."""

    store: Store
    network: Network
    member: Member = BANKS[0]
    settings: Settings = field(init=False)
    submitter: Submitter = field(init=False)

    def __post_init__(self) -> None:
        # The clock stands still: what waited for more would wait for ever.
        self.settings = Settings(bic=self.member.bic, batch_linger_seconds=0)
        self.restart()
        self.follow()

    def set(self, **settings: int | str | None) -> None:
        """Change settings, as a restart with another environment does."""
        self.settings = self.settings.model_copy(update=settings)
        self.restart()

    def restart(self) -> None:
        """Make a new submitter, as a process that has just started has it."""
        self.submitter = Submitter(
            self.store,
            self.network.chain,
            contracts=self.network.contracts,
            signer=self.network.signer(self.member),
            clock=self.network.clock,
            random=SystemRandom(),
            settings=self.settings,
        )

    def accept(
        self,
        *requests: PaymentRequest,
        key: str = "k",
        body: bytes = b"{}",
        actor: str = "tok_1",
        kind: InstructionKind = InstructionKind.PAYMENT,
        entered_by: str | None = None,
    ) -> Answer:
        """Take requests as the API's door does."""
        return accept(
            self.store, self.settings, self.network.clock, SystemRandom(),
            actor=actor, key=key, body=body, requests=requests, kind=kind,
            entered_by=entered_by,
        )  # fmt: skip

    def accept_file(self, body: str | bytes, form: FileForm = FileForm.XML) -> Answer:
        """Take a file as the API's door does."""
        data = body.encode() if isinstance(body, str) else body
        return accept_file(
            self.store, self.settings, self.network.clock, SystemRandom(), actor="tok_1", body=data, form=form
        )

    def check_file(self, body: str | bytes, form: FileForm = FileForm.XML) -> CheckedFile:
        """Have a file checked as the API's door does."""
        data = body.encode() if isinstance(body, str) else body
        return check_file(self.store, self.settings, self.network.clock, SystemRandom(), body=data, form=form)

    def follow(self) -> None:
        """Mirror every block there is."""
        follower = Follower(self.store, self.network.chain, self.network.contracts, self.network.clock)
        while follower.tick():
            pass

    def run(self) -> None:
        """Sign, send and mirror until there is nothing left to do."""
        for _ in range(_ROUNDS_MAX):
            done = self.submitter.tick()
            self.follow()
            if not done:
                return
        raise AssertionError(f"not quiet after {_ROUNDS_MAX} rounds")

    def payments(self, **filters: Any) -> list[Payment]:
        """The payments a filter leaves, in the order accepted."""
        page = list_payments(self.store, self.settings, self.network.clock, Filter(**filters), limit=1000)
        return list(reversed(page.payments))

    def states(self) -> dict[str, str]:
        """Each payment's shown state by its end-to-end id."""
        return {payment.end_to_end_id: payment.state for payment in self.payments()}

    def counts(self) -> tuple[int, int]:
        """How many instructions there are, and how many rows the outbox has."""
        with self.store.snapshot() as connection:
            return (
                connection.execute(select(func.count()).select_from(instructions)).scalar_one(),
                connection.execute(select(func.count()).select_from(outbox)).scalar_one(),
            )
