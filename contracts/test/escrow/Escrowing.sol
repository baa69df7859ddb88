// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, ESCROW} from "../../src/types/Instruction.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

/// @notice An escrow module that the quorum has accepted. Alice locks for Bob; the central bank, Carol and the corporate inspect.
abstract contract Escrowing is Stage {
    uint64 internal constant AMOUNT = 1000;
    uint40 internal constant TERM = 30 days;
    bytes32 internal constant SECRET = keccak256("a secret");

    IEscrow internal escrow;

    function setUp() public virtual override {
        super.setUp();
        escrow = newEscrow();
    }

    function newEscrow() internal returns (IEscrow made) {
        made = IEscrow(create("Escrow", abi.encode(participants, ledger, manager)));
        send(address(quorum), address(ledger), abi.encodeCall(ledger.proposeModule, (address(made))));
        wait(DELAY);
        send(address(quorum), address(ledger), abi.encodeCall(ledger.acceptModule, (address(made))));
    }

    // Agreements

    /// @dev Carol alone decides, about everything at once.
    function notarised() internal returns (Agreement memory made) {
        made = blank(AMOUNT);
        made.needed = 1;
        made.inspectors = new ParticipantId[](1);
        made.inspectors[0] = carol.id;
    }

    /// @dev Two of three decide, in three stages.
    function inspected() internal returns (Agreement memory made) {
        made = blank(AMOUNT);
        made.needed = 2;
        made.inspectors = new ParticipantId[](3);
        (made.inspectors[0], made.inspectors[1]) = (centralBank.id, carol.id);
        made.inspectors[2] = corporate.id;
        made.stages = new uint64[](3);
        (made.stages[0], made.stages[1], made.stages[2]) = (500, 300, 200);
    }

    /// @dev A secret decides.
    function hashed() internal returns (Agreement memory made) {
        made = blank(AMOUNT);
        made.secretHash = sha256(abi.encodePacked(SECRET));
    }

    function blank(uint64 amount) internal returns (Agreement memory made) {
        made.terms = terms(USD, alice, bob, amount);
        made.commitment = DOCUMENT;
        made.deadline = uint40(vm.getBlockTimestamp()) + TERM;
        made.stages = new uint64[](1);
        made.stages[0] = amount;
    }

    // What is done with them

    function lock(Agreement memory made) internal {
        vm.prank(alice.pay);
        escrow.lock(made, none());
    }

    function confirm(Actor memory inspector, Agreement memory made, uint8 stage, uint8 place) internal {
        vm.prank(inspector.pay);
        escrow.confirm(made, stage, place);
    }

    function substitute(Agreement memory made, uint8 place, ParticipantId participant) internal {
        send(address(quorum), address(escrow), abi.encodeCall(escrow.substitute, (made, place, participant)));
    }

    function approved(uint256 key, bytes32 action, bytes32 digest)
        internal
        view
        returns (Approval[] memory approvals)
    {
        approvals = new Approval[](1);
        bytes32 asked = ledger.approvalDigest(action, digest, soon());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, asked);
        approvals[0] = Approval({index: 0, deadline: soon(), signature: abi.encodePacked(r, s, v)});
    }

    function consentOf(Actor memory actor, Agreement memory made) internal view returns (Approval[] memory) {
        return approved(actor.approverKey, ESCROW, escrow.digestOf(made));
    }

    function pauseEscrow() internal {
        address[] memory modules = new address[](1);
        modules[0] = address(escrow);
        vm.prank(guardian);
        ledger.pause(modules);
    }

    function closeEscrow() internal {
        send(address(quorum), address(ledger), abi.encodeCall(ledger.closeModule, (address(escrow))));
    }

    /// @dev Everything that keeps a debit from being made; what is locked already is paid and returned all the same.
    function barAll(uint256 seed) internal {
        if (seed & 1 != 0) pauseEscrow();
        if (seed & 2 != 0) closeEscrow();
        if (seed & 4 != 0) suspend(alice);
        if (seed & 8 != 0) suspend(bob);
        if (seed & 16 != 0) freeze(alice);
        if (seed & 32 != 0) freeze(bob);
        if (seed & 64 != 0) cutOff();
    }

    function freeze(Actor memory actor) internal {
        vm.prank(operator);
        ledger.freeze(USD, actor.id);
    }

    function cutOff() internal {
        vm.prank(operator);
        ledger.cutOff(USD);
    }

    // What is expected

    /// @dev A refused call, and the world as before it.
    function expectRefusal(address sender, bytes memory call, bytes memory reason) internal {
        bytes32 before = world();
        vm.expectRevert(reason);
        send(sender, address(escrow), call);
        vm.assertEq(before, world());
    }

    /// @dev What the two parties have, and what is locked of Alice's.
    function expectHoldings(uint64 paid, uint64 locked) internal view {
        int256 funds = int256(uint256(FUNDS));
        vm.assertEq(funds - int256(uint256(paid)) - int256(uint256(locked)), balanceOf(USD, alice));
        vm.assertEq(funds + int256(uint256(paid)), balanceOf(USD, bob));
        vm.assertEq(uint256(locked), ledger.lockedBy(address(escrow), USD, alice.id));
        vm.assertEq(uint256(locked), ledger.lockedOf(USD, alice.id));
        vm.assertEq(uint256(locked), uint256(ledger.moduleOf(address(escrow)).held));
    }

    function expectEntry(
        Agreement memory made,
        EscrowStatus status,
        uint8 stage,
        uint16 confirmed,
        uint64 left
    ) internal view {
        IEscrow.Entry memory entry = escrow.entryOf(escrow.digestOf(made));
        vm.assertEq(uint256(status), uint256(entry.status));
        vm.assertEq(uint256(stage), uint256(entry.stage));
        vm.assertEq(uint256(confirmed), uint256(entry.confirmed));
        vm.assertEq(uint256(left), uint256(entry.left));
    }

    function notLocked(Agreement memory made, EscrowStatus status) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.EscrowNotLocked.selector, escrow.digestOf(made), status);
    }

    function passed(Agreement memory made) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.DeadlinePassed.selector, escrow.digestOf(made), made.deadline);
    }

    function notInspector(ParticipantId participant, uint8 place) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.NotInspector.selector, participant, place);
    }

    function stageNotPresent(Agreement memory made, uint8 stage, uint8 present)
        internal
        view
        returns (bytes memory)
    {
        bytes32 digest = escrow.digestOf(made);
        return abi.encodeWithSelector(IEscrow.StageNotPresent.selector, digest, stage, present);
    }

    function world() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                ledger.accountOf(USD, alice.id),
                ledger.accountOf(USD, bob.id),
                ledger.lockedOf(USD, alice.id),
                ledger.moduleOf(address(escrow))
            )
        );
    }
}
