// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title Whether an operator sent the transaction
abstract contract Operated is AccessManaged {
    /// @dev Whether the access manager lets the sender make this call, at once.
    function _isOperator() internal view returns (bool) {
        return _isOperatorOf(msg.sender, msg.sig);
    }

    /// @dev Whether it would let somebody make another call.
    function _isOperatorOf(address sender, bytes4 selector) internal view returns (bool immediate) {
        (immediate,) = IAccessManager(authority()).canCall(sender, address(this), selector);
    }
}
