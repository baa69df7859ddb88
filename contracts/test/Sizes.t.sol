// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval, Payment} from "../src/types/Instruction.sol";
import {Stage} from "./Stage.sol";
import {vm} from "./Vm.sol";

/// @notice What a chain and a node take at most.
contract SizesTest is Stage {
    /// @notice No contract is above 24 KB, the limit of EIP-170.
    function testCode() external view {
        address[8] memory all = [
            address(manager),
            address(quorum),
            address(participants),
            address(ledger),
            ledger.administration(),
            address(payments),
            address(settlement),
            address(netting)
        ];

        for (uint256 i; i < all.length; ++i) {
            vm.assertEq(true, all[i].code.length <= 24_576);
        }
    }

    /// @notice The largest batch, and 150 payments with an approval each, stay within 60 KB of calldata.
    function testCalldata() external view {
        vm.assertEq(true, abi.encodeCall(payments.pay, (new Payment[](500), none())).length <= 60_000);

        Approval[] memory approvals = new Approval[](150);
        for (uint256 i; i < approvals.length; ++i) {
            approvals[i].signature = new bytes(65);
        }
        vm.assertEq(true, abi.encodeCall(payments.pay, (new Payment[](150), approvals)).length <= 60_000);
    }
}
