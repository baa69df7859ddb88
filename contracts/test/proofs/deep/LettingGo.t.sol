// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Sequence} from "../../../src/types/Identifiers.sol";
import {Approval} from "../../../src/types/Instruction.sol";
import {Head, Instruction, Leg, Set} from "../../../src/types/Legs.sol";
import {vm} from "../../Vm.sol";
import {SettlementProofStage} from "../SettlementProofStage.sol";

/// @dev Bounds: a proposal of Alice's to which Bob has to consent; and her dollars for Bob, within her threshold, urgent and queued for
/// tomorrow. Nobody is suspended, the module is trusted; the operator sends nothing.
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

    uint256 private constant TOMORROW = TIME + 1 days;
    uint64 private constant PROPOSED = 1001;
    uint64 private constant AMOUNT = 7;

    function setUp() public override {
        super.setUp();
        vm.assume(AMOUNT + 1 <= start.threshold);
        Instruction[] memory batch = new Instruction[](2);
        (batch[0], batch[1]) = (queued(), proposed());
        vm.prank(address(0x200));
        settlement.submit(batch, 1, new Approval[](0));
    }

    /// @notice Before its day nothing that anybody calls moves what is queued, and only its debtor's pay key changes it: nobody
    /// withdraws it, affirms it or releases what nobody holds; only `cancel` ends it.
    /// Bounds: one call of any verb, whoever sends it.
    function check_queued(Verb verb, address sender) external {
        verb = decidedVerb(verb);
        bool isDone = decided(send(sender, address(settlement), callOf(verb, queued())));
        if (isDone && verb < Verb.Sweep) {
            assert(sender == address(0x200));
            assert(verb == Verb.Hold || verb == Verb.SetUrgency || verb == Verb.Cancel);
        }
        assert(waits(queued()) == !(isDone && verb == Verb.Cancel));
        checkNothingMoved();
    }

    /// @notice What was cancelled never settles, what is held not now; and whoever calls, nothing moves.
    /// Bounds: Alice has cancelled it, or holds it; on its day one call of `settle`, `sweep`, or another verb, whoever sends it.
    function check_ended(bool isCancelled, Verb verb, address late) external {
        isCancelled = decided(isCancelled);
        vm.assume(isCancelled || verb >= Verb.Sweep);
        verb = decidedVerb(verb);
        vm.prank(address(0x200));
        if (isCancelled) settlement.cancel(queued(), "CUST");
        else settlement.hold(queued());

        vm.warp(TOMORROW);
        bool isDone = send(late, address(settlement), callOf(verb, queued()));
        checkNothingMoved();
        assert(ledger.sequenceUsed(ALICE, Sequence.wrap(UNUSED)));
        assert(waits(queued()) == !isCancelled);
        if (isCancelled) assert(!isDone || verb >= Verb.Sweep);
    }

    /// @notice On its day it settles once, whoever calls: the second call moves nothing.
    /// Bounds: two calls of `settle` of it alone.
    function check_settlesOnce(address first, address second) external {
        vm.warp(TOMORROW);
        send(first, address(settlement), callOf(Verb.Settle, queued()));
        int256 left = ledger.accountOf(USD, ALICE).balance;
        bool isOver = !waits(queued());
        unchecked {
            assert(left == int256(uint256(start.funds)) - (isOver ? int256(uint256(AMOUNT)) : int256(0)));
        }
        if (!isOver) return;

        send(second, address(settlement), callOf(Verb.Settle, queued()));
        assert(ledger.accountOf(USD, ALICE).balance == left);
        assert(!waits(queued()));
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

    function queued() private pure returns (Instruction memory instruction) {
        Leg[] memory legs = new Leg[](1);
        legs[0] = leg(USD, ALICE, BOB, AMOUNT);
        instruction = instructionOf(UNUSED, 0, legs);
        instruction.head = Head.wrap(Head.unwrap(instruction.head) | (TOMORROW << 112));
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
