// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {IRules} from "../../src/interfaces/IRules.sol";
import {Payment, Refusal} from "../../src/types/Instruction.sol";
import {ModuleStatus} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

/// @notice Moving value, and who may. What is moved and refused is tested with `pay`, which goes through here.
contract MoveTest is Stage {
    /// @notice Nobody moves value but a trusted module: no key, no operator, no quorum.
    function testTrustedModuleOnly() external {
        Payment[] memory batch = batchOf(terms(USD, alice, bob, 1));
        address[5] memory others =
            [alice.pay, centralBank.pay, operator, address(quorum), address(participants)];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, others[i]));
            vm.prank(others[i]);
            ledger.move(alice.id, batch, none());
        }
    }

    /// @notice A module moves one participant's value in a call.
    function testOtherPayer() external {
        Payment[] memory batch = batchOf(terms(USD, bob, alice, 1));

        vm.expectRevert(abi.encodeWithSelector(IRules.NotPayer.selector, alice.id, batch[0].terms));
        vm.prank(address(payments));
        ledger.move(alice.id, batch, none());
    }

    /// @notice Reasons come back only where there are any, one for each payment.
    function testAnswer() external {
        Payment[] memory batch = new Payment[](2);
        batch[0] = Payment({terms: terms(USD, alice, bob, 1), commitment: DOCUMENT});
        batch[1] = Payment({terms: terms(USD, alice, alice, 1), commitment: DOCUMENT});

        vm.prank(address(payments));
        Refusal[] memory refusals = ledger.move(alice.id, batch, none());
        vm.assertEq(uint256(2), refusals.length);
        vm.assertEq(uint256(Refusal.None), uint256(refusals[0]));
        vm.assertEq(uint256(Refusal.SelfPayment), uint256(refusals[1]));

        vm.prank(address(payments));
        vm.assertEq(uint256(0), ledger.move(alice.id, batchOf(terms(USD, alice, bob, 1)), none()).length);
    }
}

contract ModulesTest is Stage {
    address private module;

    function setUp() public override {
        super.setUp();
        module = address(this);
    }

    /// @notice The quorum alone decides about modules.
    function testQuorumOnly() external {
        address[3] memory others = [operator, deployer, centralBank.first];
        for (uint256 i; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(unauthorised(others[i]));
            ledger.proposeModule(module);
            vm.expectRevert(unauthorised(others[i]));
            ledger.acceptModule(module);
            vm.expectRevert(unauthorised(others[i]));
            ledger.closeModule(address(payments));
            vm.expectRevert(unauthorised(others[i]));
            ledger.dropModule(address(payments));
            vm.stopPrank();
        }
    }

    /// @notice A module is a contract, and proposed once.
    function testPropose() external {
        vm.startPrank(address(quorum));
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleWithoutCode.selector, stranger));
        ledger.proposeModule(stranger);

        expectOtherStatus(address(payments), ModuleStatus.Trusted);
        ledger.proposeModule(address(payments));

        vm.expectEmit(address(ledger));
        emit IModules.ModuleProposed(module, uint40(START + DELAY));
        ledger.proposeModule(module);
        expectOtherStatus(module, ModuleStatus.Proposed);
        ledger.proposeModule(module);
        vm.stopPrank();
    }

    /// @notice A module is trusted after the delay and not a second before; till then it moves nothing.
    function testAccept() external {
        vm.startPrank(address(quorum));
        expectOtherStatus(module, ModuleStatus.None);
        ledger.acceptModule(module);

        ledger.proposeModule(module);
        vm.warp(START + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IModules.ModuleNotReady.selector, module, uint40(START + DELAY))
        );
        ledger.acceptModule(module);
        vm.stopPrank();
        expectMoves(false);

        vm.warp(START + DELAY);
        vm.expectEmit(address(ledger));
        emit IModules.ModuleAccepted(module);
        vm.prank(address(quorum));
        ledger.acceptModule(module);
        expectMoves(true);
    }

    /// @notice A closing module moves nothing any more.
    function testClose() external {
        trust();

        vm.expectEmit(address(ledger));
        emit IModules.ModuleClosing(module);
        vm.startPrank(address(quorum));
        ledger.closeModule(module);
        expectOtherStatus(module, ModuleStatus.Closing);
        ledger.closeModule(module);
        vm.stopPrank();

        expectMoves(false);
    }

    /// @notice Only a proposed or a closing module is dropped, and it never comes back.
    function testDrop() external {
        trust();
        vm.startPrank(address(quorum));
        expectOtherStatus(module, ModuleStatus.Trusted);
        ledger.dropModule(module);

        ledger.closeModule(module);
        vm.expectEmit(address(ledger));
        emit IModules.ModuleDropped(module);
        ledger.dropModule(module);

        expectOtherStatus(module, ModuleStatus.Dropped);
        ledger.proposeModule(module);
        ledger.proposeModule(address(manager));
        ledger.dropModule(address(manager));
        vm.stopPrank();
        expectMoves(false);
    }

    function trust() private {
        vm.startPrank(address(quorum));
        ledger.proposeModule(module);
        vm.warp(START + DELAY);
        ledger.acceptModule(module);
        vm.stopPrank();
    }

    function expectMoves(bool moves) private {
        Payment[] memory batch = batchOf(terms(USD, alice, bob, 1));

        if (!moves) vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, module));
        ledger.move(alice.id, batch, none());
    }

    function expectOtherStatus(address concerned, ModuleStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleHasOtherStatus.selector, concerned, status));
    }
}
