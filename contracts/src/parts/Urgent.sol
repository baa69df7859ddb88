// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Trusted} from "./Trusted.sol";
import {AccountId} from "../types/Identifiers.sol";

/// @title How many urgent instructions wait in an account
///
/// ASSUMPTIONS: what a module counts here it holds, so that it cannot be dropped while the account waits for it.
abstract contract Urgent is Trusted {
    function _countUrgent(AccountId account, uint256 count, bool isMore) internal {
        if (isMore) {
            _accounts[account].urgentWaiting += uint32(count);
            _modules[msg.sender].held += uint128(count);
        } else {
            _accounts[account].urgentWaiting -= uint32(count);
            _modules[msg.sender].held -= uint128(count);
        }
    }
}
