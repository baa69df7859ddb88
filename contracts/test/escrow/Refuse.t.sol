// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {vm} from "../Vm.sol";
import {Escrowing} from "./Escrowing.sol";

/// refuse
/// ├── whoever may not confirm → as for `confirm`
/// └── else: said, and a confirmation of its own counts no more
contract RefuseTest is Escrowing {
    /// @notice Who may not confirm does not refuse either.
    function testWhoMayNot() external {
        Agreement memory made = inspected();
        lock(made);

        expectRefusal(alice.pay, callOf(made, 0, 1), notInspector(alice.id, 1));
        expectRefusal(carol.pay, callOf(made, 1, 1), stageNotPresent(made, 1, 0));
        vm.warp(made.deadline + 1);
        expectRefusal(carol.pay, callOf(made, 0, 1), passed(made));
    }

    /// @notice A refusal keeps the money where it is, and what was refused may be confirmed later.
    function testKeeps(bytes32 reason) external {
        Agreement memory made = notarised();
        lock(made);

        vm.expectEmit(address(escrow));
        emit IEscrow.StageRefused(escrow.digestOf(made), 0, carol.id, reason);
        vm.prank(carol.pay);
        escrow.refuse(made, 0, 0, reason);
        expectHoldings(0, AMOUNT);

        confirm(carol, made, 0, 0);
        expectHoldings(AMOUNT, 0);
    }

    /// @notice It takes back the inspector's own confirmation and nobody else's.
    function testTakesBack() external {
        Agreement memory made = inspected();
        made.needed = 3;
        lock(made);
        confirm(centralBank, made, 0, 0);
        confirm(carol, made, 0, 1);

        send(carol.pay, address(escrow), callOf(made, 0, 1));
        expectEntry(made, EscrowStatus.Locked, 0, 1, AMOUNT);
        confirm(corporate, made, 0, 2);
        expectHoldings(0, AMOUNT);
    }

    function callOf(Agreement memory made, uint8 stage, uint8 place) private view returns (bytes memory) {
        return abi.encodeCall(escrow.refuse, (made, stage, place, DOCUMENT));
    }
}
