// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval} from "../../../src/types/Instruction.sol";
import {Instruction, Leg, Set} from "../../../src/types/Legs.sol";
import {vm} from "../../Vm.sol";
import {SettlementProofStage} from "../SettlementProofStage.sol";

/// @dev Bounds: a proposal of Alice's to which Bob has to consent. Nobody is suspended, the module is trusted; the operator sends nothing.
/// @custom:halmos --solver-timeout-branching 100ms
contract LettingGoProofs is SettlementProofStage {
    enum Verb {
        Hold,
        Release,
        SetUrgency,
        Cancel,
        Withdraw,
        Affirm,
        Sweep,
        Settle
    }

    uint64 private constant PROPOSED = 1001;

    function setUp() public override {
        super.setUp();
        Instruction[] memory batch = new Instruction[](1);
        batch[0] = proposed();
        vm.prank(address(0x200));
        settlement.submit(batch, 0, new Approval[](0));
    }

    /// @notice Nothing that anybody but the other party calls moves what is proposed; only its initiator's pay key withdraws it; and
    /// then nobody affirms it.
    /// Bounds: one call of any verb, then Bob's affirmation without an approval.
    function check_proposed(Verb verb, address sender) external {
        vm.assume(verb != Verb.Affirm);
        verb = decidedVerb(verb);
        bool isDone = decided(send(sender, address(settlement), callOf(verb, proposed())));
        bool isOver = isDone && verb == Verb.Withdraw;
        if (isOver) assert(sender == address(0x200));
        else assert(!isDone || verb >= Verb.Sweep);
        assert(waits(proposed()) == !isOver);
        checkNothingMoved();

        bool isAffirmed = send(address(0x300), address(settlement), callOf(Verb.Affirm, proposed()));
        assert(!isOver || !isAffirmed);
        if (isOver) checkNothingMoved();
    }

    function callOf(Verb verb, Instruction memory instruction) private view returns (bytes memory) {
        if (verb == Verb.Hold) return abi.encodeCall(settlement.hold, (instruction));
        if (verb == Verb.Release) return abi.encodeCall(settlement.release, (instruction));
        if (verb == Verb.SetUrgency) return abi.encodeCall(settlement.setUrgency, (instruction, false));
        if (verb == Verb.Cancel) return abi.encodeCall(settlement.cancel, (instruction, "CUST"));
        if (verb == Verb.Withdraw) return abi.encodeCall(settlement.withdraw, (instruction));
        if (verb == Verb.Affirm) {
            return abi.encodeCall(settlement.affirm, (instruction, false, new Approval[](0)));
        }
        Instruction[] memory one = new Instruction[](1);
        one[0] = instruction;
        if (verb == Verb.Sweep) return abi.encodeCall(settlement.sweep, (one));

        Set[] memory sets = new Set[](1);
        sets[0] = Set(one);
        return abi.encodeCall(settlement.settle, (sets));
    }

    function decidedVerb(Verb verb) private pure returns (Verb) {
        return Verb(decided(uint8(verb), uint8(type(Verb).max)));
    }

    function proposed() private pure returns (Instruction memory) {
        Leg[] memory legs = new Leg[](2);
        legs[0] = leg(USD, ALICE, BOB, 1);
        legs[1] = leg(USD, BOB, ALICE, 2);
        return instructionOf(PROPOSED, 0, legs);
    }

    function waits(Instruction memory instruction) private view returns (bool) {
        return decided(settlement.waitingOf(settlement.digestOf(instruction)).acceptedAt != 0);
    }

    function checkNothingMoved() private view {
        assert(ledger.accountOf(USD, ALICE).balance == int64(start.funds));
        assert(ledger.accountOf(USD, BOB).balance == int64(start.payeeFunds));
    }
}
