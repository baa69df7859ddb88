// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {vm} from "../Vm.sol";
import {ProofStage} from "./ProofStage.sol";
import {svm} from "./Svm.sol";

/// @dev In any state: storage that was not written has any value, also one that no history leads to, so what one call keeps holds
/// after any number of them.
contract KeysProofs is ProofStage {
    function setUp() public override {
        super.setUp();
        svm.enableSymbolicStorage(address(participants));
    }

    /// @notice Whatever anybody but the operator calls, an address that is a key stays the same key, is never valid longer, and
    /// once revoked never acts again.
    function check_aKeyForEver(address key, address sender, uint40 time) external {
        IParticipants.Key memory before = participants.keyOf(key);

        vm.warp(time);
        send(sender, address(participants), svm.createCalldata("Participants"));

        IParticipants.Key memory present = participants.keyOf(key);
        if (before.participant == NOBODY) return;
        assert(present.participant == before.participant);
        assert(present.role == before.role);
        assert(present.validFrom == before.validFrom);
        assert(present.validUntil <= before.validUntil);
        assert(present.revoked || !before.revoked);
    }
}
