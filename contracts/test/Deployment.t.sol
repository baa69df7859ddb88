// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IModules} from "../src/interfaces/IModules.sol";
import {IRecoveries} from "../src/interfaces/IRecoveries.sol";
import {ModuleStatus} from "../src/types/Kinds.sol";
import {Stage} from "./Stage.sol";
import {vm} from "./Vm.sol";

/// @notice What stands after the deployer's transactions.
contract DeploymentTest is Stage {
    /// @notice The deployer has no power left, the quorum is the only admin, the operator the only operator.
    function testRoles() external view {
        address[4] memory all = [deployer, operator, address(quorum), address(this)];

        for (uint256 i; i < all.length; ++i) {
            (bool isAdmin,) = manager.hasRole(ADMIN, all[i]);
            (bool isOperator,) = manager.hasRole(OPERATOR, all[i]);
            vm.assertEq(all[i] == address(quorum), isAdmin);
            vm.assertEq(all[i] == operator, isOperator);
        }
    }

    /// @notice Each of the operator's functions is the operator's, each module verb and each of recovery the quorum's.
    function testFunctions() external view {
        bytes4[] memory selectors = participantsSelectors();
        for (uint256 i; i < selectors.length; ++i) {
            vm.assertEq(uint256(OPERATOR), manager.getTargetFunctionRole(address(participants), selectors[i]));
        }
        selectors = ledgerSelectors();
        for (uint256 i; i < selectors.length; ++i) {
            vm.assertEq(uint256(OPERATOR), manager.getTargetFunctionRole(address(ledger), selectors[i]));
        }
        vm.assertEq(
            uint256(ADMIN), manager.getTargetFunctionRole(address(ledger), IModules.acceptModule.selector)
        );
        bytes4[3] memory recovering = [
            IRecoveries.proposeRecovery.selector,
            IRecoveries.completeRecovery.selector,
            IRecoveries.cancelRecovery.selector
        ];
        for (uint256 i; i < recovering.length; ++i) {
            vm.assertEq(uint256(ADMIN), manager.getTargetFunctionRole(address(participants), recovering[i]));
        }
    }

    /// @notice The contracts know each other, and the ledger trusts three modules.
    function testWiring() external view {
        address[3] memory modules = [address(payments), address(settlement), address(netting)];
        for (uint256 i; i < modules.length; ++i) {
            (ModuleStatus status,) = ledger.moduleStatus(modules[i]);
            vm.assertEq(uint256(ModuleStatus.Trusted), uint256(status));
        }
        vm.assertEq(address(participants), address(netting.participants()));
        vm.assertEq(address(ledger), address(netting.ledger()));
        vm.assertEq(address(participants), address(ledger.participants()));
        vm.assertEq(address(participants), address(payments.participants()));
        vm.assertEq(address(ledger), address(payments.ledger()));
        vm.assertEq(address(manager), IAccessManaged(address(ledger)).authority());
        vm.assertEq(address(manager), IAccessManaged(address(participants)).authority());
        vm.assertEq(uint256(DELAY), ledger.delay());
        vm.assertEq(uint256(DELAY), participants.delay());
        vm.assertEq(uint256(DELAY), quorum.delay());
    }

    /// @notice Every address follows from the deployer and the nonce.
    function testAddresses() external view {
        vm.assertEq(vm.computeCreateAddress(deployer, 0), address(manager));
        vm.assertEq(vm.computeCreateAddress(deployer, 1), address(quorum));
        vm.assertEq(vm.computeCreateAddress(deployer, 2), address(participants));
        vm.assertEq(vm.computeCreateAddress(deployer, 3), address(ledger));
        vm.assertEq(vm.computeCreateAddress(deployer, 4), address(payments));
        vm.assertEq(vm.computeCreateAddress(deployer, 5), address(settlement));
        vm.assertEq(vm.computeCreateAddress(deployer, 6), address(netting));
    }

    /// @notice A new role takes the quorum's approvals and its delay.
    function testQuorumGrants() external {
        address[] memory members = quorumMembers();
        vm.prank(members[0]);
        uint256 proposal =
            quorum.propose(address(manager), abi.encodeCall(manager.grantRole, (OPERATOR, stranger, 0)));
        vm.prank(members[1]);
        quorum.approve(proposal);
        vm.warp(START + DELAY);
        vm.prank(members[2]);
        quorum.execute(proposal);

        vm.prank(stranger);
        participants.suspend(alice.id);
    }
}
