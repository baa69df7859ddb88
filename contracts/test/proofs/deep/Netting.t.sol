// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Netting} from "../../../src/Netting.sol";
import {Cycle, CycleNumber, CycleStatus} from "../../../src/types/Cycle.sol";
import {ParticipantId} from "../../../src/types/Identifiers.sol";
import {Approval, NET} from "../../../src/types/Instruction.sol";
import {vm} from "../../Vm.sol";
import {ProofStage} from "../ProofStage.sol";

/// @dev Bounds: a cycle of two members, Alice and Bob, in which Alice pays, three payments, any net but 0.
/// @custom:halmos --solver-timeout-branching 100ms
contract NettingProofs is ProofStage {
    enum Verb {
        Settle,
        Withdraw,
        Sweep,
        Affirm,
        Propose
    }

    /// @param deadline Of the approve key's signature, and the cycle's end.
    struct Consent {
        address sender;
        uint40 deadline;
        Signature signature;
    }

    Netting private netting;
    uint64 private net;

    function setUp() public override {
        super.setUp();
        netting = new Netting(participants, ledger);
        trust(address(netting));
        net = any("net");
    }

    /// @notice A cycle locks what the debtor brings, above its floor and within its limits, with both its keys' consent; it settles
    /// with both keys of the last member, moves the net exactly and leaves no lock; and it ends once.
    /// Bounds: Alice's proposal, Bob's affirmation, then one call of any verb; whoever sends them; what reverts changes nothing.
    function check_cycle(Consent calldata first, Consent calldata last, Verb verb, Consent calldata late)
        external
    {
        if (!sendVerb(Verb.Propose, first)) return;
        checkConsent(first, 0x200);
        checkBooks(net, 0);
        unchecked {
            int256 left = int256(uint256(start.funds)) - int256(uint256(net));
            assert(left + int256(uint256(start.credit)) >= int256(uint256(start.reserve)));
        }
        assert(net <= start.perInstruction);
        assert(net <= start.perDay);

        if (!sendVerb(Verb.Affirm, last)) return;
        checkConsent(last, 0x300);
        assert(statusOf() == CycleStatus.Settled);
        checkBooks(0, net);
        assert(ledger.countersUsed(ALICE) == 3);

        assert(!sendVerb(verb, late));
    }

    /// @notice Who lets go of a cycle gives every lock back and moves nothing; a member's pay key does it at any time, anybody once its
    /// time is over; nobody settles it without all affirmations; and it ends once.
    /// Bounds: Alice has proposed; two calls of any verb but `affirm` and `propose`, at any time, whoever sends them.
    function check_lettingGo(
        Consent calldata first,
        Verb verb,
        Consent calldata ending,
        Verb again,
        Consent calldata late,
        uint40 time
    ) external {
        vm.assume(verb < Verb.Affirm && again < Verb.Affirm);
        verb = Verb(decided(uint8(verb), uint8(Verb.Sweep)));
        vm.assume(time >= TIME && time < TIME + 30 days);
        if (!sendVerb(Verb.Propose, Consent(address(0x200), first.deadline, first.signature))) {
            return;
        }
        vm.warp(time);
        if (!sendVerb(verb, ending)) return;

        assert(verb != Verb.Settle);
        if (verb == Verb.Withdraw) {
            assert(ending.sender == address(0x200) || ending.sender == address(0x300));
        } else {
            assert(time > TIME + 1 days);
        }
        assert(statusOf() == (verb == Verb.Withdraw ? CycleStatus.Cancelled : CycleStatus.Expired));
        checkBooks(0, 0);

        assert(!sendVerb(again, late));
    }

    function sendVerb(Verb verb, Consent memory consent) private returns (bool) {
        return send(consent.sender, address(netting), callOf(verb, consent));
    }

    function callOf(Verb verb, Consent memory consent) private view returns (bytes memory) {
        if (verb == Verb.Settle) return abi.encodeCall(netting.settle, (cycle()));
        if (verb == Verb.Withdraw) return abi.encodeCall(netting.withdraw, (cycle()));
        if (verb == Verb.Sweep) return abi.encodeCall(netting.sweep, (cycle()));

        Approval memory approval = approvalOf(consent.deadline, consent.signature);
        return verb == Verb.Affirm
            ? abi.encodeCall(netting.affirm, (cycle(), approval))
            : abi.encodeCall(netting.propose, (cycle(), approval));
    }

    function cycle() private view returns (Cycle memory made) {
        (made.asset, made.proposer, made.number) = (USD, ALICE, CycleNumber.wrap(1));
        made.validUntil = uint40(TIME + 1 days);
        made.positions = new uint256[](2);
        unchecked {
            made.positions[0] = position(ALICE, 1, 3, uint64(-int64(net)));
        }
        made.positions[1] = position(BOB, 0, 0, net);
    }

    function position(ParticipantId member, uint64 first, uint64 last, uint64 received)
        private
        pure
        returns (uint256)
    {
        return (uint256(ParticipantId.unwrap(member)) << 224) | (uint256(first) << 160)
            | (uint256(last) << 96) | (uint256(received) << 32);
    }

    function statusOf() private view returns (CycleStatus status) {
        (status,) = netting.cycleOf(netting.digestOf(cycle()));
    }

    /// @dev Both keys of the member: the pay key sent it, the approve key signed for this cycle and no longer than a week ahead.
    function checkConsent(Consent calldata consent, uint160 payKey) private view {
        assert(consent.sender == address(payKey));
        bytes32 signed = ledger.approvalDigest(NET, netting.digestOf(cycle()), consent.deadline);
        Signature calldata signature = consent.signature;
        assert(ecrecover(signed, signature.v, signature.r, signature.s) == address(payKey + 1));
        assert(consent.deadline >= TIME && consent.deadline <= TIME + 7 days);
    }

    /// @dev What Alice has lost is locked or has reached Bob.
    function checkBooks(uint64 locked, uint64 received) private view {
        unchecked {
            int64 left = int64(start.funds) - int64(locked) - int64(received);
            assert(ledger.accountOf(USD, ALICE).balance == left);
            assert(ledger.accountOf(USD, BOB).balance == int64(start.payeeFunds + received));
        }
        assert(ledger.lockedOf(USD, ALICE) == locked);
        assert(ledger.lockedOf(USD, BOB) == 0);
        assert(ledger.moduleOf(address(netting)).held == locked);
    }
}
