// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../../src/interfaces/IKeys.sol";
import {NOBODY} from "../../../src/types/Identifiers.sol";
import {vm} from "../../Vm.sol";
import {AnyState} from "../AnyState.sol";
import {svm} from "../Svm.sol";

/// @dev Bounds: lists of none or two, names and bytes of none or five.
/// @custom:halmos --solver-timeout-branching 100ms --default-array-lengths 0,2 --default-bytes-lengths 0,5
contract KeysProofs is AnyState {
    /// @notice Whatever anybody but the operator calls, an address that is a key stays the same key, is never valid longer, and
    /// once revoked never acts again.
    function check_aKeyForEver(address key, address sender, uint40 time) external {
        IKeys.Key memory before = participants.keyOf(key);

        vm.warp(time);
        send(sender, svm.createCalldata("Participants"));

        IKeys.Key memory present = participants.keyOf(key);
        if (before.participant == NOBODY) return;
        assert(present.participant == before.participant);
        assert(present.role == before.role);
        assert(present.validFrom == before.validFrom);
        assert(present.validUntil <= before.validUntil);
        assert(present.revoked || !before.revoked);
    }
}
