// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Escrows} from "./invariants/Escrows.sol";

/// @notice What holds of escrows after any sequence of steps: see `invariants/Escrows.sol`. A campaign of its own, because what is
/// locked for a payee is paid also while the payer is barred, which no other module does.
contract EscrowInvariantsTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Escrows private escrows;

    function setUp() external {
        escrows = new Escrows();
        escrows.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(escrows);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory selectors) {
        bytes4[8] memory steps = [
            escrows.lockOne.selector,
            escrows.lockOne.selector,
            escrows.confirmOne.selector,
            escrows.confirmOne.selector,
            escrows.claimOne.selector,
            escrows.returnOne.selector,
            escrows.bar.selector,
            escrows.passTime.selector
        ];
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector({addr: address(escrows), selectors: new bytes4[](steps.length)});
        for (uint256 i; i < steps.length; ++i) {
            selectors[0].selectors[i] = steps[i];
        }
    }

    /// @notice Books, entries and locks agree.
    function invariantEscrows() external view {
        escrows.check();
    }
}
