// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval, Payment} from "../src/types/Instruction.sol";
import {Instruction} from "../src/types/Legs.sol";
import {Instructing} from "./settlement/Instructing.sol";
import {Stage} from "./Stage.sol";
import {vm} from "./Vm.sol";

/// @notice What a chain and a node take at most.
contract SizesTest is Stage {
    /// @notice No contract is above 24 KB, the limit of EIP-170.
    function testCode() external {
        address[9] memory all = [
            address(manager),
            address(quorum),
            address(participants),
            address(ledger),
            ledger.administration(),
            address(payments),
            address(settlement),
            address(netting),
            create("Escrow", abi.encode(participants, ledger, manager))
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

/// @notice What the largest calls of `Settlement` take of a chain, with 300 payments in its queue.
contract SettlementSizesTest is Instructing {
    uint256 private constant CALLDATA_LIMIT = 60_000;
    uint256 private constant QUEUED = 300;

    /// @dev Of a block of 30 million.
    uint256 private constant THIRD = 10_000_000;
    uint256 private constant HALF = 15_000_000;

    Instruction[] private queued;

    function setUp() public override {
        super.setUp();
        setReserve(alice, FUNDS);
        for (uint256 i; i < QUEUED; ++i) {
            queued.push(payment(USD, alice, bob, 1));
            submit(alice, queued[i]);
        }
        setReserve(alice, 0);
    }

    /// @notice A set of 300 payments fits, however many are urgent.
    function testSettle() external {
        expectFits(stranger, abi.encodeCall(settlement.settle, (setOf(queued))), THIRD);
        vm.assertEq(-int256(QUEUED), gain(USD, alice));
    }

    /// @notice A full batch of new payments fits where they settle.
    function testSubmit() external {
        expectFits(alice.pay, abi.encodeCall(settlement.submit, (batch(), 0, none())), THIRD);
        vm.assertEq(int256(-256), gain(USD, alice));
    }

    /// @notice A full batch of new payments that all have to wait takes more: a slot of its own each.
    function testSubmitQueued() external {
        vm.prank(alice.first);
        ledger.setLimits(USD, FUNDS, 0);

        expectFits(alice.pay, abi.encodeCall(settlement.submit, (batch(), type(uint256).max, none())), HALF);
        vm.assertEq(uint256(256), urgentOf(alice));
    }

    /// @notice A full page to sweep fits, whether there is something to sweep or not.
    function testSweep() external {
        Instruction[] memory page = new Instruction[](256);
        for (uint256 i; i < page.length; ++i) {
            page[i] = queued[i];
        }
        bytes memory call = abi.encodeCall(settlement.sweep, (page));
        expectFits(stranger, call, THIRD);
        suspend(alice);
        expectFits(stranger, call, THIRD);
        vm.assertEq(true, hasEnded(queued[0]));
    }

    function batch() private returns (Instruction[] memory made) {
        made = new Instruction[](256);
        for (uint256 i; i < made.length; ++i) {
            made[i] = payment(USD, alice, bob, 1);
        }
    }

    /// @dev Gas as the transaction pays it before refunds: execution, calldata and what every transaction costs.
    function expectFits(address sender, bytes memory call, uint256 gasLimit) private {
        vm.assertEq(true, call.length <= CALLDATA_LIMIT);
        uint256 intrinsic = 21_000;
        for (uint256 i; i < call.length; ++i) {
            intrinsic += call[i] == 0 ? 4 : 16;
        }
        vm.prank(sender);
        uint256 before = gasleft();
        (bool done,) = address(settlement).call(call);
        uint256 used = before - gasleft() + intrinsic;

        vm.assertEq(true, done);
        vm.assertEq(true, used <= gasLimit);
    }
}
