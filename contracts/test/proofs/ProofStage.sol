// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Ledger} from "../../src/Ledger.sol";
import {Participants} from "../../src/Participants.sol";
import {Payments} from "../../src/Payments.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {IKeys} from "../../src/interfaces/IKeys.sol";
import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {IPayments} from "../../src/interfaces/IPayments.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, Currency, NOBODY, ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {Approval} from "../../src/types/Instruction.sol";
import {AssetKind, DayRule, KeyRole, ParticipantKind} from "../../src/types/Kinds.sol";
import {Leg} from "../../src/types/Legs.sol";
import {Terms} from "../../src/types/Terms.sol";
import {vm} from "../Vm.sol";
import {svm} from "./Svm.sol";

/// @notice A central bank that issues dollars, and two banks, as in `Stage.sol`: Alice with any funds, reserve, credit, limits and
/// threshold, Bob with any funds and threshold, neither of whom has paid or limits the other.
/// Bounds: no delay in the ledger; this contract is the access manager's only admin, so the operator; credit is above 0.
abstract contract ProofStage {
    struct Start {
        uint64 funds;
        uint64 reserve;
        uint64 credit;
        uint64 perInstruction;
        uint64 perDay;
        uint64 threshold;
        uint64 payeeFunds;
        uint64 payeeThreshold;
    }

    /// @param left What Alice has.
    /// @param payeeLeft What Bob has.
    /// @param moved Whether Alice has another balance than at the start.
    /// @param used Whether the instruction's sequence is used.
    struct End {
        int256 left;
        int256 payeeLeft;
        bool moved;
        bool used;
    }

    struct Signature {
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    AssetId internal constant USD = AssetId.wrap(840);
    AssetId internal constant EUR = AssetId.wrap(978);
    Currency internal constant DOLLAR = Currency.wrap(840);
    Currency internal constant EURO = Currency.wrap(978);
    ParticipantId internal constant CENTRAL_BANK = ParticipantId.wrap(1);
    ParticipantId internal constant ALICE = ParticipantId.wrap(2);
    ParticipantId internal constant BOB = ParticipantId.wrap(3);
    uint64 internal constant UNUSED = 1000;
    uint64 internal constant USED = 999;
    uint256 internal constant TIME = 1_800_000_000;

    IParticipants internal participants;
    ILedger internal ledger;
    IPayments internal payments;
    Start internal start;

    function setUp() public virtual {
        vm.warp(TIME);
        address manager = address(new AccessManager(address(this)));
        participants = new Participants(manager, 1 days);
        ledger = ILedger(address(new Ledger(participants, manager, 0, new address[](0))));
        payments = new Payments(participants, ledger);
        trust(address(payments));

        enter(ParticipantKind.Operator, 0, 0x100);
        enter(ParticipantKind.Bank, "ALICEBANKXX", 0x200);
        enter(ParticipantKind.Bank, "BOBBANKXXXX", 0x300);
        setThreshold(CENTRAL_BANK, MAX_AMOUNT);
        ledger.registerAsset(DOLLAR, AssetKind.CentralBankMoney, CENTRAL_BANK, DayRule.BusinessDay);
        begin();
    }

    function trust(address module) internal {
        ledger.proposeModule(module);
        ledger.acceptModule(module);
    }

    /// @dev With a pay key, an approve key and two administer keys, numbered from `firstKey`.
    function enter(ParticipantKind kind, bytes11 bic, uint160 firstKey) private {
        IParticipants.Admission memory admission;
        (admission.kind, admission.bic) = (kind, bic);
        admission.lei = bic == 0 ? bytes32(0) : bytes32(bytes.concat(bic, "LEILEILEI"));
        admission.keys = new IKeys.KeyTerms[](4);
        for (uint160 i; i < 4; ++i) {
            KeyRole role = KeyRole(i < 2 ? i + 1 : 3);
            admission.keys[i] = IKeys.KeyTerms(address(firstKey + i), role, 0, type(uint40).max);
        }
        participants.admit(admission);
    }

    function setThreshold(ParticipantId participant, uint64 amount) private {
        IConsents.FirstThreshold[] memory thresholds = new IConsents.FirstThreshold[](2);
        thresholds[0] = IConsents.FirstThreshold(DOLLAR, amount);
        thresholds[1] = IConsents.FirstThreshold(EURO, amount);
        ledger.setFirstThresholds(participant, thresholds);
    }

    function begin() private {
        start = Start({
            funds: any("funds"),
            reserve: any("reserve"),
            credit: any("credit"),
            perInstruction: any("perInstruction"),
            perDay: any("perDay"),
            threshold: any("threshold"),
            payeeFunds: any("payeeFunds"),
            payeeThreshold: any("payeeThreshold")
        });
        vm.assume(uint256(start.funds) + start.payeeFunds + start.credit <= MAX_AMOUNT);
        setThreshold(ALICE, start.threshold);
        setThreshold(BOB, start.payeeThreshold);
        ledger.openAccount(USD, ALICE);
        ledger.openAccount(USD, BOB);
        issue(1, USD, ALICE, start.funds);
        issue(2, USD, BOB, start.payeeFunds);
        vm.prank(address(0x102));
        ledger.setCredit(USD, ALICE, start.credit);
        vm.prank(address(0x103));
        ledger.setCredit(USD, ALICE, start.credit);
        vm.prank(address(0x202));
        ledger.setLimits(USD, start.perInstruction, start.perDay);
        vm.startPrank(address(0x200));
        ledger.setReserve(USD, start.reserve);
        ledger.void(used());
        vm.stopPrank();
    }

    /// @dev Any amount but 0: 63 bits, so that no amount has a sign to ask about.
    function any(string memory name) internal view returns (uint64) {
        uint256 amount = svm.createUint(63, name);
        vm.assume(amount > 0);
        return uint64(amount);
    }

    function issue(uint64 sequence, AssetId asset, ParticipantId holder, uint64 amount) internal {
        Terms terms = packed(false, sequence, asset, CENTRAL_BANK, holder, amount);
        vm.prank(address(0x100));
        ledger.issue(terms, 0, new Approval[](0));
    }

    function used() private pure returns (Sequence[] memory one) {
        one = new Sequence[](1);
        one[0] = Sequence.wrap(USED);
    }

    function approvalOf(uint40 deadline, Signature memory signature) internal pure returns (Approval memory) {
        return Approval(0, deadline, abi.encodePacked(signature.r, signature.s, signature.v));
    }

    function send(address sender, address target, bytes memory data) internal returns (bool done) {
        vm.assume(sender != address(this));
        vm.prank(sender);
        (done,) = target.call(data);
    }

    function packed(
        bool urgent,
        uint64 sequence,
        AssetId asset,
        ParticipantId payer,
        ParticipantId payee,
        uint64 amount
    ) internal pure returns (Terms) {
        return Terms.wrap(
            (urgent ? uint256(1) << 248 : 0) | (uint256(sequence) << 184)
                | (uint256(AssetId.unwrap(asset)) << 152) | (uint256(ParticipantId.unwrap(payer)) << 120)
                | (uint256(ParticipantId.unwrap(payee)) << 88) | (uint256(amount) << 24)
        );
    }

    function leg(AssetId asset, ParticipantId payer, ParticipantId payee, uint64 amount)
        internal
        pure
        returns (Leg)
    {
        return Leg.wrap(
            (uint256(AssetId.unwrap(asset)) << 224) | (uint256(ParticipantId.unwrap(payer)) << 192)
                | (uint256(ParticipantId.unwrap(payee)) << 160) | (uint256(amount) << 96)
        );
    }

    // What holds after each entry point

    // Amounts have 63 bits, so no sum of a few of them wraps: not to ask about it saves the solver half of its work.

    function endOf(Terms instruction) internal view returns (End memory end) {
        end.left = ledger.accountOf(USD, ALICE).balance;
        end.payeeLeft = ledger.accountOf(USD, BOB).balance;
        end.moved = decided(end.left != int256(uint256(start.funds)));
        end.used = ledger.sequenceUsed(ALICE, instruction.sequence());
    }

    /// @dev Nothing moves, or the amount goes from payer to payee.
    function checkConservation(End memory end, Terms instruction) internal view {
        unchecked {
            assert(end.left + end.payeeLeft == int256(uint256(start.funds) + start.payeeFunds));
            if (!end.moved) return;
            assert(end.left + int256(uint256(instruction.amount())) == int256(uint256(start.funds)));
        }
    }

    /// @dev What is debited is within the limits and leaves the payer at or above its floor: `−credit`, with the reserve on top
    /// unless the instruction is urgent.
    function checkFloor(End memory end, Terms instruction) internal view {
        if (!end.moved) return;
        uint64 reserved = instruction.isUrgent() ? 0 : start.reserve;
        unchecked {
            assert(end.left + int256(uint256(start.credit)) >= int256(uint256(reserved)));
        }
        assert(instruction.amount() <= start.perInstruction);
        assert(instruction.amount() <= start.perDay);
    }

    /// @dev A sequence that was used settles nothing and stays used; what settles uses its sequence.
    function checkEnd(End memory end, bool wasUsed) internal pure {
        assert(end.used == (wasUsed || end.moved));
        assert(!wasUsed || !end.moved);
    }

    /// @dev Nothing moves unless the payer's pay key sent it, alone only up to the threshold.
    function checkConsent(End memory end, Terms instruction, address sender) internal view {
        if (!end.moved) return;
        assert(sender == address(0x200));
        assert(instruction.amount() <= start.threshold);
    }

    /// @dev The same, in a path of its own for each value: asked once, not wherever it is used.
    function decided(bool condition) internal pure returns (bool) {
        return condition ? true : false;
    }

    /// @dev The same of a choice from 0 to `last`.
    function decided(uint8 choice, uint8 last) internal pure returns (uint8) {
        for (uint8 i; i < last; ++i) {
            if (choice == i) return i;
        }
        return last;
    }
}
