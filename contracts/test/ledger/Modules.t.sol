// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {AccountId, accountId} from "../../src/types/Identifiers.sol";
import {ModuleStatus} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

/// @dev The quorum's own delay is left out here: its address makes each call.
contract ModulesTest is Stage {
    address private constant MODULE = address(0x300D);
    bytes private constant CODE = hex"00";

    function setUp() public override {
        super.setUp();
        vm.etch(MODULE, CODE);
    }

    /// @notice Only the quorum decides whom the ledger trusts: not the operator, not the deployer.
    function testQuorumOnly() external {
        address[3] memory others = [operator, deployer, centralBank.first];

        for (uint256 i; i < others.length; ++i) {
            expectUnauthorised(others[i], abi.encodeCall(ledger.proposeModule, (MODULE)));
            expectUnauthorised(others[i], abi.encodeCall(ledger.acceptModule, (MODULE)));
            expectUnauthorised(others[i], abi.encodeCall(ledger.closeModule, (address(payments))));
            expectUnauthorised(others[i], abi.encodeCall(ledger.dropModule, (address(payments))));
        }
    }

    /// @notice What has no code is not proposed.
    function testWithoutCode() external {
        expectRevertOf(
            abi.encodeWithSelector(IModules.ModuleWithoutCode.selector, stranger),
            abi.encodeCall(ledger.proposeModule, (stranger))
        );
    }

    /// @notice A proposed module is trusted after the delay, not before.
    function testAccepts(uint256 early) external {
        uint40 readyAt = uint40(START + DELAY);
        vm.expectEmit(address(ledger));
        emit IModules.ModuleProposed(MODULE, readyAt);
        asQuorum(abi.encodeCall(ledger.proposeModule, (MODULE)));

        vm.warp(readyAt - bound(early, 1, DELAY));
        expectRevertOf(
            abi.encodeWithSelector(IModules.ModuleNotReady.selector, MODULE, readyAt),
            abi.encodeCall(ledger.acceptModule, (MODULE))
        );
        vm.warp(readyAt);
        vm.expectEmit(address(ledger));
        emit IModules.ModuleAccepted(MODULE);
        asQuorum(abi.encodeCall(ledger.acceptModule, (MODULE)));
        expectStatus(MODULE, ModuleStatus.Trusted);
    }

    /// @notice A module whose code is no longer the one that was proposed is not accepted.
    function testCodeChanged(bytes1 code) external {
        bytes memory other = abi.encodePacked(code, hex"ff");
        asQuorum(abi.encodeCall(ledger.proposeModule, (MODULE)));
        vm.etch(MODULE, other);
        wait(DELAY);

        expectRevertOf(
            abi.encodeWithSelector(
                IModules.ModuleCodeChanged.selector, MODULE, keccak256(CODE), keccak256(other)
            ),
            abi.encodeCall(ledger.acceptModule, (MODULE))
        );
    }

    /// @notice A closed module moves nothing from then on; dropped, it never comes back.
    function testCloses() external {
        asQuorum(abi.encodeCall(ledger.closeModule, (address(payments))));
        expectStatus(address(payments), ModuleStatus.Closing);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, address(payments)));
        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, 1)), none());

        asQuorum(abi.encodeCall(ledger.dropModule, (address(payments))));
        expectRevertOf(
            abi.encodeWithSelector(
                IModules.ModuleHasOtherStatus.selector, address(payments), ModuleStatus.Dropped
            ),
            abi.encodeCall(ledger.proposeModule, (address(payments)))
        );
    }

    /// @notice What holds something is not dropped before it has let go of it; its report says how much it holds.
    function testHolds() external {
        AccountId[] memory accounts = new AccountId[](1);
        accounts[0] = accountId(USD, alice.id);
        vm.prank(address(settlement));
        ledger.countUrgent(accounts, true);
        asQuorum(abi.encodeCall(ledger.closeModule, (address(settlement))));
        vm.assertEq(uint256(1), ledger.moduleOf(address(settlement)).held);
        expectRevertOf(
            abi.encodeWithSelector(IModules.ModuleHolds.selector, settlement, 1),
            abi.encodeCall(ledger.dropModule, (address(settlement)))
        );

        vm.prank(address(settlement));
        ledger.countUrgent(accounts, false);
        vm.expectEmit(address(ledger));
        emit IModules.ModuleDropped(address(settlement));
        asQuorum(abi.encodeCall(ledger.dropModule, (address(settlement))));
        expectStatus(address(settlement), ModuleStatus.Dropped);
    }

    /// @notice A trusted module is closed before it is dropped.
    function testTrustedIsNotDropped() external {
        expectRevertOf(
            abi.encodeWithSelector(
                IModules.ModuleHasOtherStatus.selector, address(payments), ModuleStatus.Trusted
            ),
            abi.encodeCall(ledger.dropModule, (address(payments)))
        );
    }

    /// @notice A report says the status, whether it is paused, and when a proposed one may be accepted.
    function testReport() external {
        IModules.ModuleReport memory report = ledger.moduleOf(MODULE);
        vm.assertEq(uint256(ModuleStatus.None), uint256(report.status));
        asQuorum(abi.encodeCall(ledger.proposeModule, (MODULE)));

        report = ledger.moduleOf(MODULE);
        vm.assertEq(uint256(ModuleStatus.Proposed), uint256(report.status));
        vm.assertEq(START + DELAY, report.readyAt);
        vm.assertEq(false, report.paused);
        vm.assertEq(uint256(0), report.held);
    }

    function asQuorum(bytes memory call) private {
        send(address(quorum), address(ledger), call);
    }

    function expectUnauthorised(address sender, bytes memory call) private {
        vm.expectRevert(unauthorised(sender));
        send(sender, address(ledger), call);
    }

    function expectRevertOf(bytes memory reason, bytes memory call) private {
        vm.expectRevert(reason);
        send(address(quorum), address(ledger), call);
    }

    function expectStatus(address module, ModuleStatus expected) private view {
        (ModuleStatus status,) = ledger.moduleStatus(module);
        vm.assertEq(uint256(expected), uint256(status));
    }
}
