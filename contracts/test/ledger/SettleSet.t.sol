// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {AccountId, accountId} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {Leg} from "../../src/types/Legs.sol";
import {Instructing} from "../settlement/Instructing.sol";
import {bound, vm} from "../Vm.sol";

/// @notice What the ledger asks of a module's set, whatever the module. The rules are also tested with `Settlement`.
contract SettleSetTest is Instructing {
    /// @notice Nobody moves value but a trusted module.
    function testTrustedModuleOnly() external {
        address[5] memory others = [stranger, alice.pay, operator, address(quorum), ledger.administration()];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, others[i]));
            vm.prank(others[i]);
            ledger.settleSet(alone(5), others[i], false);
        }
        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, settlement));
        settleSet(alone(5));
    }

    /// @notice Every account changes by what it receives less what it pays; what goes out counts for the day before netting.
    function testNets(uint64 there, uint64 back) external {
        there = uint64(bound(there, 1, FUNDS));
        back = uint64(bound(back, 1, FUNDS));
        Leg[] memory legs = new Leg[](2);
        legs[0] = leg(USD, alice, bob, there).marked(false, true);
        legs[1] = leg(USD, bob, alice, back).marked(false, true);

        vm.assertEq(uint256(Refusal.None), uint256(settleSet(legs)));
        int256 net = int256(uint256(there)) - int256(uint256(back));
        vm.assertEq(-net, gain(USD, alice));
        vm.assertEq(net, gain(USD, bob));
        vm.assertEq(uint256(there), ledger.accountOf(USD, alice.id).outflow);
        vm.assertEq(uint256(back), ledger.accountOf(USD, bob.id).outflow);
    }

    /// @notice A refused set changes nothing, and the view says the reason before.
    function testRefused() external {
        Leg[] memory legs = alone(FUNDS + 1);

        vm.assertEq(uint256(Refusal.InsufficientFunds), uint256(ledger.setRefusal(legs, stranger, false)));
        vm.assertEq(uint256(Refusal.InsufficientFunds), uint256(settleSet(legs)));
        vm.assertEq(int256(0), gain(USD, alice));
    }

    /// @notice Nothing that is in order about another pair, or about the pairs at all, takes a refusal back.
    function testStaysRefused() external {
        vm.startPrank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 5);
        ledger.setBilateralLimit(USD, carol.id, 5);
        vm.stopPrank();
        Leg[] memory legs = new Leg[](2);
        for (uint64 i; i < 2; ++i) {
            legs[0] = leg(USD, alice, bob, 6 - i).marked(false, true);
            legs[1] = leg(USD, alice, carol, 5 + i).marked(false, true);
            vm.assertEq(uint256(Refusal.BilateralLimit), uint256(settleSet(legs)));
        }

        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 2 * FUNDS);
        vm.assertEq(uint256(Refusal.InsufficientFunds), uint256(settleSet(alone(FUNDS + 1))));
        vm.assertEq(int256(0), gain(USD, alice));
    }

    /// @notice The limit of an instruction is for the legs from one first leg to the next.
    function testInstructions() external {
        vm.prank(alice.first);
        ledger.setLimits(USD, 9, FUNDS);
        Leg[] memory legs = new Leg[](2);
        legs[0] = leg(USD, alice, bob, 5).marked(false, true);
        legs[1] = leg(USD, alice, carol, 5).marked(false, false);
        vm.assertEq(uint256(Refusal.InstructionLimit), uint256(settleSet(legs)));

        legs[1] = leg(USD, alice, carol, 5).marked(false, true);
        vm.assertEq(uint256(Refusal.None), uint256(settleSet(legs)));
    }

    /// @notice Urgent ones that settle count no more, each once an instruction and account; a module settles as urgent only what
    /// somebody counted.
    function testUrgent() external {
        countUrgent(2);
        Leg[] memory legs = new Leg[](3);
        legs[0] = leg(USD, alice, bob, 1).marked(true, true);
        legs[1] = leg(USD, alice, carol, 1).marked(true, false);
        legs[2] = leg(USD, alice, bob, 1).marked(true, true);
        settleSet(legs);
        vm.assertEq(uint256(0), urgentOf(alice));

        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        settleSet(legs);
    }

    /// @notice A set with outflow that is not urgent leaves no urgent one behind, but for the account's pay key and the operator.
    function testPriority() external {
        countUrgent(1);
        vm.assertEq(uint256(Refusal.UrgentWaiting), uint256(settleSet(alone(1))));
        vm.prank(address(settlement));
        vm.assertEq(uint256(Refusal.None), uint256(ledger.settleSet(alone(1), alice.pay, false)));
        vm.prank(address(settlement));
        vm.assertEq(uint256(Refusal.None), uint256(ledger.settleSet(alone(1), stranger, true)));
        vm.assertEq(uint256(1), urgentOf(alice));
    }

    function alone(uint64 amount) private view returns (Leg[] memory legs) {
        legs = new Leg[](1);
        legs[0] = leg(USD, alice, bob, amount).marked(false, true);
    }

    function countUrgent(uint256 times) private {
        AccountId[] memory accounts = new AccountId[](times);
        for (uint256 i; i < times; ++i) {
            accounts[i] = accountId(USD, alice.id);
        }
        vm.prank(address(settlement));
        ledger.countUrgent(accounts, true);
    }

    function settleSet(Leg[] memory legs) private returns (Refusal) {
        vm.prank(address(settlement));
        return ledger.settleSet(legs, stranger, false);
    }
}
