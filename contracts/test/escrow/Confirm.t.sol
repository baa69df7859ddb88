// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {vm} from "../Vm.sol";
import {Escrowing} from "./Escrowing.sol";

/// confirm
/// ├── sender is no key, or a key of another role → reverts
/// ├── it is not locked here → EscrowNotLocked
/// ├── its time is over → DeadlinePassed
/// ├── sender's participant does not inspect at the place → NotInspector
/// ├── it is suspended or stopped → InspectorBarred
/// ├── another stage is the present one → StageNotPresent
/// ├── it has confirmed this stage → ConfirmedAlready
/// └── else: counted; the last one that is needed pays the stage, the last stage ends it
contract ConfirmTest is Escrowing {
    /// @notice Only a pay key confirms.
    function testKeys() external {
        bytes memory call = abi.encodeCall(escrow.confirm, (lockedNotarised(), 0, 0));

        expectRefusal(stranger, call, keyUnknown(stranger));
        bytes memory reason = needsOtherRole(carol.approve, KeyRole.Approve, KeyRole.Pay);
        expectRefusal(carol.approve, call, reason);
    }

    /// @notice What was never locked here, or is paid, is not confirmed.
    function testNotLocked() external {
        Agreement memory made = notarised();
        bytes memory call = abi.encodeCall(escrow.confirm, (made, 0, 0));
        expectRefusal(carol.pay, call, notLocked(made, EscrowStatus.None));

        lock(made);
        confirm(carol, made, 0, 0);
        expectRefusal(carol.pay, call, notLocked(made, EscrowStatus.Paid));
    }

    /// @notice The last second of the deadline counts, the next does not.
    function testDeadline() external {
        Agreement memory made = lockedNotarised();
        vm.warp(made.deadline + 1);
        expectRefusal(carol.pay, abi.encodeCall(escrow.confirm, (made, 0, 0)), passed(made));

        vm.warp(made.deadline);
        confirm(carol, made, 0, 0);
        expectHoldings(AMOUNT, 0);
    }

    /// @notice Nobody confirms in another's place, nor in one that is not there.
    function testNotInspector(uint8 place) external {
        Agreement memory made = inspected();
        lock(made);
        if (place == 1) confirm(carol, made, 0, place);
        else expectRefusal(carol.pay, callAt(made, place), notInspector(carol.id, place));

        expectRefusal(alice.pay, callAt(made, place), notInspector(alice.id, place));
        expectRefusal(bob.pay, callAt(made, place), notInspector(bob.id, place));
    }

    /// @notice With a secret nobody confirms.
    function testSecret(uint8 place) external {
        Agreement memory made = hashed();
        lock(made);
        expectRefusal(carol.pay, callAt(made, place), notInspector(carol.id, place));
    }

    /// @notice The keys of who is suspended, or has stopped itself, decide about nobody's money.
    function testBarred(bool stopped) external {
        Agreement memory made = lockedNotarised();
        if (stopped) send(carol.first, address(participants), abi.encodeCall(participants.stopOutgoing, ()));
        else suspend(carol);

        bytes memory reason = abi.encodeWithSelector(IEscrow.InspectorBarred.selector, carol.id);
        expectRefusal(carol.pay, callAt(made, 0), reason);
    }

    /// @notice A confirmation is for the present stage: a late one never counts for the next, nor one ahead.
    function testStage(uint8 stage) external {
        Agreement memory made = inspected();
        lock(made);
        confirm(centralBank, made, 0, 0);
        confirm(carol, made, 0, 1);
        if (stage == 1) return confirm(corporate, made, stage, 2);

        bytes memory call = abi.encodeCall(escrow.confirm, (made, stage, 2));
        expectRefusal(corporate.pay, call, stageNotPresent(made, stage, 1));
    }

    /// @notice No inspector counts twice.
    function testTwice() external {
        Agreement memory made = inspected();
        lock(made);
        confirm(carol, made, 0, 1);

        bytes32 digest = escrow.digestOf(made);
        bytes memory reason = abi.encodeWithSelector(IEscrow.ConfirmedAlready.selector, digest, carol.id);
        expectRefusal(carol.pay, callAt(made, 1), reason);
        expectHoldings(0, AMOUNT);
    }

    /// @notice Stages are paid one after the other, each by any two of the three; the last one ends it.
    function testStages(uint256 seed) external {
        Agreement memory made = inspected();
        lock(made);
        Actor[3] memory inspectors = [centralBank, carol, corporate];
        uint64 paid;

        for (uint8 stage; stage < 3; ++stage) {
            uint8 absent = uint8((seed >> (8 * stage)) % 3);
            (uint8 first, uint8 second) = ((absent + 1) % 3, (absent + 2) % 3);
            confirm(inspectors[first], made, stage, first);
            expectEntry(made, EscrowStatus.Locked, stage, uint16(1) << first, AMOUNT - paid);
            paid += made.stages[stage];

            vm.expectEmit(address(escrow));
            emit IEscrow.StageConfirmed(escrow.digestOf(made), stage, inspectors[second].id);
            vm.expectEmit(address(escrow));
            emit IEscrow.StagePaid(escrow.digestOf(made), stage, made.stages[stage], AMOUNT - paid);
            confirm(inspectors[second], made, stage, second);
            expectHoldings(paid, AMOUNT - paid);
        }
        expectEntry(made, EscrowStatus.Paid, 3, 0, 0);
    }

    /// @notice What is locked is paid whatever bars new debits: a pause, a closing module, a freeze, a suspension, a cut-off.
    function testWhateverBars(uint256 seed) external {
        Agreement memory made = lockedNotarised();
        barAll(seed);

        confirm(carol, made, 0, 0);
        expectHoldings(AMOUNT, 0);
    }

    function lockedNotarised() private returns (Agreement memory made) {
        made = notarised();
        lock(made);
    }

    function callAt(Agreement memory made, uint8 place) private view returns (bytes memory) {
        return abi.encodeCall(escrow.confirm, (made, 0, place));
    }
}
