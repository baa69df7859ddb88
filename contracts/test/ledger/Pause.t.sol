// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {Approval} from "../../src/types/Instruction.sol";
import {ModuleStatus} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Instructing} from "../settlement/Instructing.sol";
import {bound, vm} from "../Vm.sol";

// pause
// ├── by another than the guardian ................. AccessManagedUnauthorized
// ├── more than 64 modules ......................... TooManyModules
// └── ModulePaused, each, at once, again too; a proposed resumption is taken back
//     ├── a module moves nothing and locks nothing, and lets go of what it holds
//     └── the ledger issues nothing and takes no redemptions; it answers those it has
//
// resume
// ├── by another than the operator ................. AccessManagedUnauthorized
// ├── it is not paused ............................. ModuleIsNotPaused
// ├── first call ................................... ResumptionProposed
// ├── again, before the delay ...................... ModuleNotReady
// └── again, after it .............................. ModuleResumed
contract PauseTest is Instructing {
    // Who and when

    /// @notice The guardian alone pauses; the operator alone resumes.
    function testOthers() external {
        address[3] memory others = [operator, stranger, address(quorum)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            ledger.pause(listOf(address(settlement)));
        }
        pause(address(settlement));
        others[0] = guardian;
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            ledger.resume(address(settlement));
        }
    }

    /// @notice One call pauses 64 at most.
    function testTooMany() external {
        vm.expectRevert(abi.encodeWithSelector(IModules.TooManyModules.selector, 65, 64));
        vm.prank(guardian);
        ledger.pause(new address[](65));
    }

    /// @notice What is not paused is not resumed.
    function testNotPaused() external {
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsNotPaused.selector, settlement));
        resume(address(settlement));
    }

    /// @notice A pause is at once; a resumption is proposed, waits the delay, and is done by a second call.
    function testResumes(uint256 early) external {
        vm.expectEmit(address(ledger));
        emit IModules.ModulePaused(address(payments));
        pause(address(payments));
        expectReport(true, 0);
        expectPaymentsPaused();

        uint40 readyAt = uint40(START + DELAY);
        vm.expectEmit(address(ledger));
        emit IModules.ResumptionProposed(address(payments), readyAt);
        resume(address(payments));
        expectReport(true, readyAt);
        vm.warp(readyAt - bound(early, 1, DELAY));
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotReady.selector, payments, readyAt));
        resume(address(payments));
        expectPaymentsPaused();

        vm.warp(readyAt);
        vm.expectEmit(address(ledger));
        emit IModules.ModuleResumed(address(payments));
        resume(address(payments));
        expectReport(false, 0);
        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, 1)), none());
        vm.assertEq(int256(-1), gain(USD, alice));
    }

    /// @notice A second pause takes a proposed resumption back, also when its delay has passed.
    function testPausedAgain() external {
        pause(address(payments));
        resume(address(payments));
        wait(DELAY);
        pause(address(payments));
        expectReport(true, 0);

        resume(address(payments));
        expectReport(true, uint40(START + 2 * DELAY));
        expectPaymentsPaused();
    }

    /// @notice In a deployment without delay one call resumes.
    function testWithoutDelay() external {
        deploy(deployer, operator, guardian, quorumMembers(), 2, 0);
        pause(address(payments));
        resume(address(payments));

        expectReport(false, 0);
    }

    /// @notice A pause shortens no module's way to trust: a proposed one is not accepted while it is paused, and its resumption
    /// waits the delay.
    function testProposedModule() external {
        address module = address(0x300D);
        vm.etch(module, hex"00");
        vm.prank(address(quorum));
        ledger.proposeModule(module);
        pause(module);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, module));
        vm.prank(address(quorum));
        ledger.acceptModule(module);

        resume(module);
        wait(DELAY);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, module));
        vm.prank(address(quorum));
        ledger.acceptModule(module);
        resume(module);
        vm.prank(address(quorum));
        ledger.acceptModule(module);
        vm.assertEq(uint256(ModuleStatus.Trusted), uint256(ledger.moduleOf(module).status));
    }

    // What it stops

    /// @notice A paused module moves, locks and settles nothing.
    function testMovesNothing() external {
        Instruction memory queued = queuedPayment(alice, bob, 1, true);
        Instruction memory proposed = exchange(alice, bob, 1, 1);
        submit(alice, proposed);
        Instruction memory fresh = payment(USD, alice, bob, 1);
        pause(address(settlement));

        bytes memory reason = abi.encodeWithSelector(IModules.ModuleIsPaused.selector, settlement);
        vm.expectRevert(reason);
        submit(alice, fresh);
        vm.expectRevert(reason);
        affirm(bob, proposed);
        vm.expectRevert(reason);
        settle(operator, setOf(queued));
        Approval memory approval = consentUntil(alice, "", soon())[0];
        vm.expectRevert(reason);
        vm.prank(address(settlement));
        ledger.lock(USD, alice.id, 1, "", "", approval);
    }

    /// @notice A paused module lets go of what it holds: urgent ones, locks.
    function testLetsGo() external {
        Instruction memory queued = queuedPayment(alice, bob, 1, true);
        Instruction memory proposed = exchange(alice, bob, 1, 1);
        submit(alice, proposed);
        lockSeven();
        vm.assertEq(uint256(8), ledger.moduleOf(address(settlement)).held);
        pause(address(settlement));

        withdraw(alice, proposed);
        hold(alice, queued);
        cancel(alice.pay, queued);
        vm.prank(address(settlement));
        ledger.unlock(USD, alice.id, 7);
        vm.assertEq(int256(0), gain(USD, alice));
        vm.assertEq(uint256(0), ledger.moduleOf(address(settlement)).held);
    }

    /// @notice The ledger's own address stops issue and requests for redemption; answers and modules go on.
    function testLedgerItself() external {
        Terms requested = terms(USD, alice, centralBank, 5);
        vm.prank(alice.pay);
        ledger.requestRedemption(requested, DOCUMENT, none());
        Terms issued = terms(USD, centralBank, alice, 1);
        Terms next = terms(USD, alice, centralBank, 1);
        pause(address(ledger));

        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, ledger));
        vm.prank(centralBank.pay);
        ledger.issue(issued, DOCUMENT, none());
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, ledger));
        vm.prank(alice.pay);
        ledger.requestRedemption(next, DOCUMENT, none());

        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());
        submit(alice, payment(USD, alice, bob, 1));
        vm.assertEq(int256(-6), gain(USD, alice));
        resume(address(ledger));
        wait(DELAY);
        resume(address(ledger));
        vm.prank(centralBank.pay);
        ledger.issue(issued, DOCUMENT, none());
    }

    function lockSeven() private {
        Approval[] memory approvals = consentUntil(alice, "", soon());
        vm.prank(address(settlement));
        ledger.lock(USD, alice.id, 7, keccak256("settle"), "", approvals[0]);
        vm.assertEq(uint256(7), ledger.lockedOf(USD, alice.id));
    }

    function listOf(address module) private pure returns (address[] memory modules) {
        modules = new address[](1);
        modules[0] = module;
    }

    function pause(address module) private {
        vm.prank(guardian);
        ledger.pause(listOf(module));
    }

    function resume(address module) private {
        vm.prank(operator);
        ledger.resume(module);
    }

    function expectReport(bool paused, uint40 resumableAt) private view {
        IModules.ModuleReport memory report = ledger.moduleOf(address(payments));
        vm.assertEq(paused, report.paused);
        vm.assertEq(uint256(resumableAt), report.resumableAt);
        vm.assertEq(uint256(ModuleStatus.Trusted), uint256(report.status));
    }

    function expectPaymentsPaused() private {
        Terms instruction = terms(USD, alice, bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, payments));
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), none());
    }
}
