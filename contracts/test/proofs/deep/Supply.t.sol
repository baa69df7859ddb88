// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../../../src/types/Amounts.sol";
import {Approval} from "../../../src/types/Instruction.sol";
import {Terms} from "../../../src/types/Terms.sol";
import {vm} from "../../Vm.sol";
import {ProofStage} from "../ProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract SupplyProofs is ProofStage {
    enum Verb {
        Confirm,
        Refuse,
        Withdraw
    }

    uint64 private issued;
    uint64 private issuerThreshold;

    function setUp() public override {
        super.setUp();
        issued = start.funds + start.payeeFunds;
        issuerThreshold = any("issuerThreshold");
        vm.prank(address(0x102));
        ledger.setThreshold(DOLLAR, issuerThreshold);
    }

    /// @notice What is issued reaches its holder and the supply alike, stays within the maximum with all credit, ends once, and
    /// takes the issuer's pay key, alone only up to its threshold.
    /// Bounds: one issue of dollars to Alice without an approval, whoever sends it; what reverts changes nothing.
    function check_issue(bool wasUsed, uint64 amount, bytes32 commitment, address sender) external {
        wasUsed = decided(wasUsed);
        Terms terms = packed(false, wasUsed ? 1 : UNUSED, USD, CENTRAL_BANK, ALICE, amount);
        bytes memory data = abi.encodeCall(ledger.issue, (terms, commitment, new Approval[](0)));
        if (!send(sender, address(ledger), data)) return;

        assert(!wasUsed);
        assert(sender == address(0x100));
        assert(amount > 0);
        assert(ledger.sequenceUsed(CENTRAL_BANK, terms.sequence()));
        checkIssuerAlone(amount);
        unchecked {
            assert(uint256(issued) + amount + start.credit <= MAX_AMOUNT);
            checkBooks(issued + amount, int64(start.funds + amount), 0);
        }
    }

    /// @notice A request locks what leaves the balance, keeps the supply, the floor and the limits, ends once, and takes the holder's
    /// pay key, alone only up to its threshold.
    /// Bounds: one request of Alice for dollars without an approval, whoever sends it; what reverts changes nothing.
    function check_requestRedemption(
        bool wasUsed,
        bool urgent,
        uint64 amount,
        bytes32 commitment,
        address sender
    ) external {
        wasUsed = decided(wasUsed);
        Terms terms = packed(urgent, wasUsed ? USED : UNUSED, USD, ALICE, CENTRAL_BANK, amount);
        bytes memory data = abi.encodeCall(ledger.requestRedemption, (terms, commitment, new Approval[](0)));
        if (!send(sender, address(ledger), data)) return;

        End memory end = endOf(terms);
        assert(end.moved);
        assert(ledger.redemptionPending(terms, commitment));
        unchecked {
            checkBooks(issued, int64(start.funds) - int64(amount), amount);
        }
        checkFloor(end, terms);
        checkEnd(end, wasUsed);
        checkConsent(end, terms, sender);
    }

    /// @notice A requested redemption ends once: confirmed, the locked units cease to be; refused or withdrawn, they go back. The
    /// issuer's pay key confirms, alone only up to its threshold, and refuses; the holder's withdraws.
    /// Bounds: Alice has requested any amount of dollars; one answer without an approval, then another, whoever sends them.
    function check_answers(uint64 amount, Verb verb, Verb again, address sender, address late) external {
        Terms terms = packed(false, UNUSED, USD, ALICE, CENTRAL_BANK, amount);
        bytes memory data = abi.encodeCall(ledger.requestRedemption, (terms, 0, new Approval[](0)));
        if (!send(address(0x200), address(ledger), data)) return;
        verb = Verb(decided(uint8(verb), uint8(type(Verb).max)));
        if (!send(sender, address(ledger), answer(verb, terms))) return;

        assert(sender == (verb == Verb.Withdraw ? address(0x200) : address(0x100)));
        assert(!ledger.redemptionPending(terms, 0));
        unchecked {
            (uint64 supply, int64 left) = (issued, int64(start.funds));
            if (verb == Verb.Confirm) (supply, left) = (supply - amount, left - int64(amount));
            checkBooks(supply, left, 0);
        }
        if (verb == Verb.Confirm) checkIssuerAlone(amount);
        assert(!send(late, address(ledger), answer(again, terms)));
    }

    function answer(Verb verb, Terms terms) private view returns (bytes memory) {
        if (verb == Verb.Confirm) {
            return abi.encodeCall(ledger.confirmRedemption, (terms, 0, new Approval[](0)));
        }
        return verb == Verb.Refuse
            ? abi.encodeCall(ledger.refuseRedemption, (terms, 0))
            : abi.encodeCall(ledger.withdrawRedemption, (terms, 0));
    }

    /// @dev With what its pay key has issued alone today, the amount is within its threshold.
    function checkIssuerAlone(uint64 amount) private view {
        assert(issued <= issuerThreshold);
        unchecked {
            assert(amount <= issuerThreshold - issued);
        }
    }

    /// @dev The supply is what all balances and locks come to: of Bob's nothing changes.
    function checkBooks(uint64 supply, int64 left, uint64 locked) private view {
        assert(ledger.assetOf(USD).supply == supply);
        assert(ledger.accountOf(USD, ALICE).balance == left);
        assert(ledger.lockedOf(USD, ALICE) == locked);
        assert(ledger.accountOf(USD, BOB).balance == int64(start.payeeFunds));
    }
}
