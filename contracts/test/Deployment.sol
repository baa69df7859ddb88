// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ILedger} from "../src/interfaces/ILedger.sol";
import {INetting} from "../src/interfaces/INetting.sol";
import {IParticipants} from "../src/interfaces/IParticipants.sol";
import {IPayments} from "../src/interfaces/IPayments.sol";
import {IQuorum} from "../src/interfaces/IQuorum.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {vm} from "./Vm.sol";

/// @notice What contracts/deployment.md describes, transaction by transaction.
/// @dev Code comes from the artifacts: `new` would compile every contract again for each test.
abstract contract Deployment {
    uint64 internal constant ADMIN = 0;
    uint64 internal constant OPERATOR = 1;
    uint64 internal constant GUARDIAN = 2;

    AccessManager internal manager;
    IQuorum internal quorum;
    IParticipants internal participants;
    ILedger internal ledger;
    IPayments internal payments;
    ISettlement internal settlement;
    INetting internal netting;

    function deploy(
        address deployer,
        address operator,
        address guardian,
        address[] memory members,
        uint32 threshold,
        uint32 delay
    ) internal {
        uint64 nonce = vm.getNonce(deployer);
        address[] memory modules = new address[](3);
        modules[0] = vm.computeCreateAddress(deployer, nonce + 4);
        modules[1] = vm.computeCreateAddress(deployer, nonce + 5);
        modules[2] = vm.computeCreateAddress(deployer, nonce + 6);

        vm.startPrank(deployer);
        manager = AccessManager(create("AccessManager", abi.encode(deployer)));
        quorum = IQuorum(create("Quorum", abi.encode(members, threshold, delay)));
        participants = IParticipants(create("Participants", abi.encode(manager, delay)));
        ledger = ILedger(create("Ledger", abi.encode(participants, manager, delay, modules)));
        payments = IPayments(create("Payments", abi.encode(participants, ledger)));
        settlement = ISettlement(create("Settlement", abi.encode(participants, ledger, manager)));
        netting = INetting(create("Netting", abi.encode(participants, ledger)));
        manager.multicall(wiring(deployer, operator, guardian));
        vm.stopPrank();
    }

    function wiring(address deployer, address operator, address guardian)
        internal
        view
        returns (bytes[] memory calls)
    {
        address target = address(participants);
        calls = new bytes[](8);
        calls[0] = abi.encodeCall(manager.setTargetFunctionRole, (target, participantsSelectors(), OPERATOR));
        target = address(ledger);
        calls[1] = abi.encodeCall(manager.setTargetFunctionRole, (target, ledgerSelectors(), OPERATOR));
        target = address(settlement);
        calls[2] = abi.encodeCall(manager.setTargetFunctionRole, (target, settlementSelectors(), OPERATOR));
        target = address(ledger);
        calls[3] = abi.encodeCall(manager.setTargetFunctionRole, (target, guardianSelectors(), GUARDIAN));
        calls[4] = abi.encodeCall(manager.grantRole, (OPERATOR, operator, 0));
        calls[5] = abi.encodeCall(manager.grantRole, (GUARDIAN, guardian, 0));
        calls[6] = abi.encodeCall(manager.grantRole, (ADMIN, address(quorum), 0));
        calls[7] = abi.encodeCall(manager.renounceRole, (ADMIN, deployer));
    }

    function participantsSelectors() internal view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](5);
        selectors[0] = participants.admit.selector;
        selectors[1] = participants.addMemberId.selector;
        selectors[2] = participants.suspend.selector;
        selectors[3] = participants.resume.selector;
        selectors[4] = participants.setSponsor.selector;
    }

    function ledgerSelectors() internal view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](9);
        selectors[0] = ledger.registerAsset.selector;
        selectors[1] = ledger.cutOff.selector;
        selectors[2] = ledger.close.selector;
        selectors[3] = ledger.open.selector;
        selectors[4] = ledger.openAccount.selector;
        selectors[5] = ledger.freeze.selector;
        selectors[6] = ledger.unfreeze.selector;
        selectors[7] = ledger.setFirstThresholds.selector;
        selectors[8] = ledger.resume.selector;
    }

    function guardianSelectors() internal view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](1);
        selectors[0] = ledger.pause.selector;
    }

    function settlementSelectors() internal view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](3);
        selectors[0] = settlement.settle.selector;
        selectors[1] = settlement.release.selector;
        selectors[2] = settlement.cancel.selector;
    }

    function create(string memory name, bytes memory arguments) internal returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(string.concat(name, ".sol:", name)), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        require(created != address(0), string.concat(name, " does not deploy"));
    }
}
