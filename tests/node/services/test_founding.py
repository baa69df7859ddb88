"""What the operator's key does once at admission it can't do again later."""

import pytest

from node.chain import calls
from node.chain.calls import Admission, KeyTerms
from node.chain.tester import TesterChain
from node.errors import ContractRefused
from node.services.founding import Founder
from settlement.participant import KeyRole, ParticipantKind
from tests.clocks import SetClock
from tests.scenario import OPERATOR, USD, found


def test_no_thresholds_are_thresholds() -> None:
    """Who is admitted without thresholds keeps all at two keys: the operator can't raise one later."""
    clock = SetClock(1_795_000_000)
    network = found(TesterChain(clock), clock)
    operator = OPERATOR.key("administer")
    admission = Admission(
        kind=ParticipantKind.BANK,
        bic="VODDGB2LXXX",
        lei="5493001KJTIIGC8Y1R12",
        keys=(KeyTerms(address=b"\x0d" * 20, role=KeyRole.PAY),),
    )

    participant = Founder(network.sender, network.contracts, operator).admit(admission, {})

    with pytest.raises(ContractRefused, match=f"ThresholdsAlreadySet.participant={participant}"):
        network.send(operator, calls.set_first_thresholds(network.contracts, participant, {USD: 10**18}))
