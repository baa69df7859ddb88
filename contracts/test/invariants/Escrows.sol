// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {Standing} from "../../src/types/Kinds.sol";
import {Escrowing} from "../escrow/Escrowing.sol";
import {bound, vm} from "../Vm.sol";

/// @notice What is done with escrows while modules and parties are barred, and a second set of books of it. A release, a refund and a
/// renunciation succeed exactly where the rules, asked here, allow it, whatever is barred.
contract Escrows is Escrowing {
    uint256 private constant MOST = 24;

    Agreement[] private made;
    mapping(uint256 which => uint64) private left;
    mapping(uint256 which => uint8) private stageOf;
    mapping(uint256 which => uint16) private confirmedOf;
    mapping(uint256 which => uint64) private paidOf;
    mapping(uint256 which => EscrowStatus) private ended;

    /// @notice Alice locks, by a secret or by two of three; what is refused locks nothing.
    function lockOne(uint256 seed) external {
        if (made.length == MOST) return;
        Agreement memory next = seed % 2 == 0 ? hashed() : inspected();
        next.deadline = uint40(vm.getBlockTimestamp() + (seed >> 8) % (3 * uint256(TERM)));
        uint64 before = ledger.lockedOf(USD, alice.id);
        bool done = attempt(alice.pay, abi.encodeCall(escrow.lock, (next, none())));
        require(isUsed(next.terms) == done, "a sequence is used exactly where it is locked");
        if (!done) {
            require(ledger.lockedOf(USD, alice.id) == before, "what was refused is locked");
            return;
        }

        left[made.length] = AMOUNT;
        made.push(next);
    }

    /// @notice An inspector confirms; two of them pay a stage.
    function confirmOne(uint256 seed) external {
        if (made.length == 0) return;
        uint256 which = seed % made.length;
        (uint8 stage, uint8 place) = (uint8((seed >> 8) % 3), uint8((seed >> 16) % 4));
        if ((seed >> 32) % 4 != 0) stage = stageOf[which];
        Actor memory inspector = [centralBank, carol, corporate, bob][place];
        bool isFree = place < 3 && (confirmedOf[which] >> place) & 1 == 0;
        bool expected = isOpen(which) && made[which].needed > 0 && isFree && stage == stageOf[which]
            && participants.standingOf(inspector.id) == Standing.Active;

        bytes memory call = abi.encodeCall(escrow.confirm, (made[which], stage, place));
        require(attempt(inspector.pay, call) == expected, "a confirmation was not as foreseen");
        if (!expected) return;

        if (confirmedOf[which] == 0) confirmedOf[which] = uint16(1) << place;
        else bookPaid(which, made[which].stages[stage]);
    }

    /// @notice Somebody claims, with the secret or another.
    function claimOne(uint256 seed) external {
        if (made.length == 0) return;
        uint256 which = seed % made.length;
        bytes32 secret = (seed >> 8) % 4 == 0 ? bytes32(seed) : SECRET;
        bool expected = isOpen(which) && made[which].needed == 0 && secret == SECRET;

        bytes memory call = abi.encodeCall(escrow.claim, (made[which], secret));
        require(attempt(stranger, call) == expected, "a claim was not as foreseen");
        if (expected) bookPaid(which, AMOUNT);
    }

    /// @notice Somebody refunds, before or after the deadline; Bob renounces.
    function returnOne(uint256 seed) external {
        if (made.length == 0) return;
        uint256 which = seed % made.length;
        bool renounces = (seed >> 8) % 8 == 0;
        bool expected = left[which] > 0 && (renounces || vm.getBlockTimestamp() > made[which].deadline);

        bytes memory call = renounces
            ? abi.encodeCall(escrow.renounce, (made[which]))
            : abi.encodeCall(escrow.refund, (made[which]));
        require(attempt(renounces ? bob.pay : stranger, call) == expected, "a return was not as foreseen");
        if (!expected) return;

        (left[which], ended[which]) = (0, EscrowStatus.Returned);
    }

    /// @notice A party is suspended or comes back, an account is frozen or thawed, the module is paused; late, it is closed.
    function bar(uint256 seed) external {
        Actor memory actor = [alice, bob, carol][(seed >> 8) % 3];
        bool lifts = (seed >> 16) % 2 == 0;
        if (seed % 4 == 0) {
            attemptOn(
                operator,
                address(participants),
                lifts
                    ? abi.encodeCall(participants.resume, (actor.id))
                    : abi.encodeCall(participants.suspend, (actor.id))
            );
        } else if (seed % 4 == 1) {
            attemptOn(
                operator,
                address(ledger),
                lifts
                    ? abi.encodeCall(ledger.unfreeze, (USD, actor.id))
                    : abi.encodeCall(ledger.freeze, (USD, actor.id))
            );
        } else if (lifts) {
            attemptOn(operator, address(ledger), abi.encodeCall(ledger.resume, (address(escrow))));
            wait(DELAY);
            attemptOn(operator, address(ledger), abi.encodeCall(ledger.resume, (address(escrow))));
        } else if (seed % 4 == 2 || made.length < MOST) {
            pauseEscrow();
        } else {
            attemptOn(address(quorum), address(ledger), abi.encodeCall(ledger.closeModule, (address(escrow))));
        }
    }

    /// @notice Time passes.
    function passTime(uint256 seed) external {
        wait(bound(seed, 1, TERM / 4));
    }

    /// @notice Every entry, every lock and every balance is what these books say; units neither come nor go.
    function check() external view {
        (uint256 locked, uint256 paid) = (0, 0);
        for (uint256 which; which < made.length; ++which) {
            EscrowStatus status = ended[which] == EscrowStatus.None ? EscrowStatus.Locked : ended[which];
            expectEntry(made[which], status, stageOf[which], confirmedOf[which], left[which]);
            locked += left[which];
            paid += paidOf[which];
        }
        expectHoldings(uint64(paid), uint64(locked));
    }

    function isOpen(uint256 which) private view returns (bool) {
        return left[which] > 0 && vm.getBlockTimestamp() <= made[which].deadline;
    }

    function bookPaid(uint256 which, uint64 amount) private {
        left[which] -= amount;
        paidOf[which] += amount;
        confirmedOf[which] = 0;
        ++stageOf[which];
        if (left[which] == 0) ended[which] = EscrowStatus.Paid;
    }

    function attempt(address sender, bytes memory call) private returns (bool) {
        return attemptOn(sender, address(escrow), call);
    }

    function attemptOn(address sender, address target, bytes memory call) private returns (bool done) {
        vm.prank(sender);
        (done,) = target.call(call);
    }
}
