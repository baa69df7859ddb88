// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../../src/interfaces/IAccounts.sol";
import {ParticipantId, Sequence} from "../../../src/types/Identifiers.sol";
import {Approval, Payment} from "../../../src/types/Instruction.sol";
import {vm} from "../../Vm.sol";
import {ProofStage} from "../ProofStage.sol";

/// @dev Bounds: Alice has paid Bob any amount that she could, so she may have drawn on her credit. No change is pending.
/// @custom:halmos --solver-timeout-branching 100ms
contract AdministeredProofs is ProofStage {
    uint64 private paid;

    function setUp() public override {
        super.setUp();
        paid = any("paid");
        vm.assume(paid <= start.threshold && paid <= start.perInstruction && paid <= start.perDay);
        vm.assume(uint256(paid) + start.reserve <= uint256(start.funds) + start.credit);
        Payment[] memory batch = new Payment[](1);
        batch[0] = Payment(packed(false, UNUSED, USD, ALICE, BOB, paid), 0);
        vm.prank(address(0x200));
        payments.pay(batch, new Approval[](0));
    }

    /// @notice A court's order moves what is there from one holder to the other, whoever they are, and takes no credit; it takes two
    /// administer keys of the issuer.
    /// Bounds: the same call twice, of dollars, whoever sends them; the ledger's delay is 0.
    function check_courtOrder(bool isFromAlice, uint64 amount, bytes32 order, address first, address second)
        external
    {
        (ParticipantId from, ParticipantId to) = isFromAlice ? (ALICE, BOB) : (BOB, ALICE);
        bytes memory data = abi.encodeCall(ledger.moveByCourtOrder, (USD, from, to, amount, order));
        if (!send(first, address(ledger), data)) return;
        checkBalances(0);
        if (!send(second, address(ledger), data)) return;

        assert(first != second);
        assert(first == address(0x102) || first == address(0x103));
        assert(second == address(0x102) || second == address(0x103));
        assert(order != 0 && amount > 0);
        checkBalances(isFromAlice ? int64(amount) : -int64(amount));
        assert(ledger.accountOf(USD, from).balance >= 0);
    }

    /// @notice A credit line never falls below what is drawn, one administer key of the issuer's lowers it and never raises it, and
    /// nothing moves; the asset counts what all lines come to.
    /// Bounds: one call for Alice, whoever sends it.
    function check_setCredit(uint64 amount, address sender) external {
        bool isDone = send(sender, address(ledger), abi.encodeCall(ledger.setCredit, (USD, ALICE, amount)));

        uint64 credit = ledger.accountOf(USD, ALICE).credit;
        assert(ledger.assetOf(USD).credit == credit);
        checkBalances(0);
        if (!isDone) return;
        assert(sender == address(0x102) || sender == address(0x103));
        assert(credit == (amount <= start.credit ? amount : start.credit));
        unchecked {
            assert(int256(uint256(start.funds) + credit) >= int256(uint256(paid)));
        }
    }

    /// @notice Only a holder's pay key sets its reserve, only its administer keys its limits, one alone lowers them only; nothing moves.
    /// Bounds: one call of each, of dollars, one after the other, whoever sends them.
    function check_holdersRules(uint64[3] calldata amounts, address payer, address administrator) external {
        bool isSet = send(payer, address(ledger), abi.encodeCall(ledger.setReserve, (USD, amounts[0])));
        bytes memory data = abi.encodeCall(ledger.setLimits, (USD, amounts[1], amounts[2]));
        bool isLimited = send(administrator, address(ledger), data);

        IAccounts.Account memory account = ledger.accountOf(USD, ALICE);
        checkBalances(0);
        assert(account.reserve == (isSet && payer == address(0x200) ? amounts[0] : start.reserve));
        if (isSet) assert(payer == address(0x200) || payer == address(0x300));
        assert(account.perInstruction <= start.perInstruction && account.perDay <= start.perDay);
        if (account.perInstruction == start.perInstruction && account.perDay == start.perDay) return;
        assert(isLimited && (administrator == address(0x202) || administrator == address(0x203)));
    }

    /// @notice A pay key voids its own participant's sequences, never another's; what is used stays so; nothing moves.
    /// Bounds: one call of two sequences of one page, whoever sends it.
    function check_void(uint8[2] calldata offsets, uint8 other, address sender) external {
        Sequence[] memory sequences = new Sequence[](2);
        sequences[0] = Sequence.wrap(768 + uint64(offsets[0]));
        sequences[1] = Sequence.wrap(768 + uint64(offsets[1]));
        bool isDone = send(sender, address(ledger), abi.encodeCall(ledger.void, (sequences)));

        bool isVoided = isDone && sender == address(0x200);
        bool wasUsed = other == USED - 768 || other == UNUSED - 768;
        bool isMeant = isVoided && (other == offsets[0] || other == offsets[1]);
        assert(ledger.sequenceUsed(ALICE, Sequence.wrap(768 + uint64(other))) == (wasUsed || isMeant));
        if (isDone) assert(isVoided || sender == address(0x100) || sender == address(0x300));
        checkBalances(0);
    }

    function checkBalances(int64 ordered) private view {
        unchecked {
            assert(ledger.accountOf(USD, ALICE).balance == int64(start.funds) - int64(paid) - ordered);
            assert(ledger.accountOf(USD, BOB).balance == int64(start.payeeFunds) + int64(paid) + ordered);
        }
        assert(ledger.assetOf(USD).supply == start.funds + start.payeeFunds);
    }
}
