// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {vm} from "../Vm.sol";
import {AnyState} from "./AnyState.sol";
import {svm} from "./Svm.sol";

contract KeysProofs is AnyState {
    /// @notice Whatever anybody but the operator calls, an address that is a key stays the same key, is never valid longer, and
    /// once revoked never acts again.
    function check_aKeyForEver(address key, address sender, uint40 time) external {
        IParticipants.Key memory before = participants.keyOf(key);

        vm.warp(time);
        send(sender, svm.createCalldata("Participants"));

        IParticipants.Key memory present = participants.keyOf(key);
        if (before.participant == NOBODY) return;
        assert(present.participant == before.participant);
        assert(present.role == before.role);
        assert(present.validFrom == before.validFrom);
        assert(present.validUntil <= before.validUntil);
        assert(present.revoked || !before.revoked);
    }
}
