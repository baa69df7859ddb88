// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {vm} from "../Vm.sol";
import {Escrowing} from "./Escrowing.sol";

/// substitute
/// ├── sender is not the quorum → reverts
/// ├── it is not locked here, or its time is over → EscrowNotLocked, DeadlinePassed
/// ├── there is no such place → NotInspector
/// ├── the substitute is a party, inspects already, is unknown or barred → SubstituteInvalid
/// └── else: it inspects in that place, and what was confirmed there counts no more
contract SubstituteTest is Escrowing {
    /// @notice Only the quorum, whose own delay comes before.
    function testQuorumOnly() external {
        bytes memory call = abi.encodeCall(escrow.substitute, (lockedNotarised(), 0, centralBank.id));
        address[4] memory others = [operator, guardian, alice.pay, quorumMembers()[0]];
        for (uint256 i; i < others.length; ++i) {
            expectRefusal(others[i], call, unauthorised(others[i]));
        }
    }

    /// @notice What is not locked has no inspectors to replace, and after the deadline it changes nothing.
    function testNotOpen() external {
        Agreement memory made = notarised();
        bytes memory call = abi.encodeCall(escrow.substitute, (made, 0, centralBank.id));
        expectRefusal(address(quorum), call, notLocked(made, EscrowStatus.None));

        lock(made);
        vm.warp(made.deadline + 1);
        expectRefusal(address(quorum), call, passed(made));
    }

    /// @notice It makes no new place.
    function testNoPlace(uint8 place) external {
        vm.assume(place > 0);
        bytes memory call = abi.encodeCall(escrow.substitute, (lockedNotarised(), place, centralBank.id));
        expectRefusal(address(quorum), call, notInspector(centralBank.id, place));
    }

    /// @notice Nobody inspects twice, no party comes to inspect, nor who is unknown or suspended.
    function testInvalid() external {
        Agreement memory made = inspected();
        lock(made);
        ParticipantId[6] memory invalid =
            [alice.id, bob.id, centralBank.id, corporate.id, NOBODY, ParticipantId.wrap(99)];
        for (uint256 i; i < invalid.length; ++i) {
            expectInvalid(made, invalid[i]);
        }
        suspend(carol);
        expectInvalid(made, carol.id);
    }

    /// @notice Who was substituted decides no more, who came does, also while the module is paused or closing.
    function testSubstitutes(uint256 seed) external {
        Agreement memory made = lockedNotarised();
        barAll(seed);

        vm.expectEmit(address(escrow));
        emit IEscrow.InspectorSubstituted(escrow.digestOf(made), 0, carol.id, centralBank.id);
        substitute(made, 0, centralBank.id);
        vm.assertEq(true, escrow.inspectorAt(made, 0) == centralBank.id);

        bytes memory call = abi.encodeCall(escrow.confirm, (made, 0, 0));
        expectRefusal(carol.pay, call, notInspector(carol.id, 0));
        confirm(centralBank, made, 0, 0);
        expectHoldings(AMOUNT, 0);
    }

    /// @notice What the former inspector confirmed of the present stage counts no more; what others confirmed does.
    function testConfirmationVoid() external {
        Agreement memory made = inspected();
        made.inspectors[2] = ParticipantId.wrap(99);
        made.needed = 3;
        lock(made);
        confirm(centralBank, made, 0, 0);
        confirm(carol, made, 0, 1);

        substitute(made, 1, corporate.id);
        expectEntry(made, EscrowStatus.Locked, 0, 1, AMOUNT);
        confirm(corporate, made, 0, 1);
        expectEntry(made, EscrowStatus.Locked, 0, 3, AMOUNT);
    }

    function lockedNotarised() private returns (Agreement memory made) {
        made = notarised();
        lock(made);
    }

    function expectInvalid(Agreement memory made, ParticipantId participant) private {
        bytes memory reason = abi.encodeWithSelector(IEscrow.SubstituteInvalid.selector, participant);
        bytes memory call = abi.encodeCall(escrow.substitute, (made, 1, participant));
        expectRefusal(address(quorum), call, reason);
    }
}
