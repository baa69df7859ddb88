// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Participants} from "../../src/Participants.sol";
import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {vm} from "../Vm.sol";
import {svm} from "./Svm.sol";

/// @notice Participants in any state: storage has any value, also one that no history leads to, so what one call keeps holds after
/// any number of them. A proof names what it assumes of the state.
/// Bounds: the delay is a day; this contract is the access manager's only admin, so the operator.
abstract contract AnyState {
    uint32 internal constant DELAY = 1 days;

    IParticipants internal participants;

    function setUp() external {
        participants = new Participants(address(new AccessManager(address(this))), DELAY);
        svm.enableSymbolicStorage(address(participants));
    }

    /// @dev By anybody but the operator; what reverts changes nothing.
    function send(address sender, bytes memory data) internal returns (bool done) {
        vm.assume(sender != address(this));
        vm.prank(sender);
        (done,) = address(participants).call(data);
    }
}
