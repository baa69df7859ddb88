// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, GrossPayment} from "../../src/types/Cycle.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {bound, vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// provesPayment, provesSubtree
/// ├── payer, payee or participant is no member → false
/// ├── the cycle is not settled → false
/// ├── the payment cannot be: no amount, to its payer, a counter that the payer's position does not name → false
/// ├── a path is too short or long, or leads elsewhere; place, count, root are another's → false
/// ├── it is in one subtree only → false
/// ├── the payments are not in order, twice, too few, too many, another's; net or counters do not agree → false
/// └── else true
/// @dev The tree is built here by recursion over ranges, which the contract does not do.
contract ProofsTest is Members {
    bytes32 private constant PAYMENT = keccak256(
        "Payment(uint256 index,uint64 counter,uint32 payer,uint32 payee,uint64 amount,bytes32 commitment)"
    );
    bytes32 private constant SUBTREE =
        keccak256("Subtree(uint32 participant,uint256 count,int64 net,bytes32 root)");

    GrossPayment[] private _all;
    Cycle private _cycle;

    function setUp() public override {
        super.setUp();
        add(payment(1, alice, bob, 50));
        add(payment(2, alice, carol, 30));
        add(payment(3, alice, bob, 5));
        add(payment(1, bob, carol, 20));
        add(payment(2, bob, alice, 7));
        add(payment(1, carol, alice, 3));
        _cycle = cycle();
        _cycle.root = rootOf(tops());
        settleAll(_cycle);
    }

    // One payment

    /// @notice Every payment of the cycle is proven from both sides.
    function testPayments() external view {
        for (uint256 i; i < _all.length; ++i) {
            vm.assertEq(true, proves(_all[i]));
        }
    }

    /// @notice What is not settled proves nothing.
    function testNotSettled() external {
        Cycle memory other = _cycle;
        other.validUntil += 1;
        GrossPayment[] memory own = ofMember(alice.id);
        GrossPayment memory one = _all[0];
        propose(bob, other);

        vm.assertEq(
            false, netting.provesPayment(other, one, proofOf(one, one.payer), proofOf(one, one.payee))
        );
        vm.assertEq(false, netting.provesSubtree(other, alice.id, own, pathOf(tops(), 0)));
    }

    /// @notice A settled cycle under another root, or with other positions, is another cycle, which is not settled.
    function testOtherRoot(bytes32 root) external view {
        Cycle memory other = _cycle;
        other.root = root;
        GrossPayment memory one = _all[0];

        vm.assertEq(
            false, netting.provesPayment(other, one, proofOf(one, one.payer), proofOf(one, one.payee))
        );
    }

    /// @notice Who is no member has no payment.
    function testNotMember() external view {
        INetting.PaymentProof memory proof = proofOf(_all[0], alice.id);
        GrossPayment memory one = _all[0];
        one.payee = centralBank.id;
        vm.assertEq(false, netting.provesPayment(_cycle, one, proof, proof));
        (one.payer, one.payee) = (centralBank.id, alice.id);
        vm.assertEq(false, netting.provesPayment(_cycle, one, proof, proof));

        GrossPayment[] memory own = ofMember(alice.id);
        vm.assertEq(false, netting.provesSubtree(_cycle, centralBank.id, own, pathOf(tops(), 0)));
    }

    /// @notice No field of a payment can be another.
    function testOtherPayment(uint256 which, uint64 difference) external view {
        difference = uint64(bound(difference, 1, type(uint64).max));
        GrossPayment memory one = _all[0];
        INetting.PaymentProof memory ofPayer = proofOf(one, one.payer);
        INetting.PaymentProof memory ofPayee = proofOf(one, one.payee);

        which %= 5;
        if (which == 0) one.counter ^= difference;
        if (which == 1) one.amount ^= difference;
        if (which == 2) one.commitment ^= bytes32(uint256(difference));
        if (which == 3) (one.payer, one.payee) = (one.payee, one.payer);
        if (which == 4) one.payee = carol.id;
        vm.assertEq(false, netting.provesPayment(_cycle, one, ofPayer, ofPayee));
    }

    /// @notice No place, count or node of a proof can be another, on either side.
    function testOtherProof(uint256 which, uint256 difference, bool isPayer) external view {
        difference = bound(difference, 1, type(uint32).max);
        GrossPayment memory one = _all[0];
        INetting.PaymentProof memory ofPayer = proofOf(one, one.payer);
        INetting.PaymentProof memory ofPayee = proofOf(one, one.payee);
        INetting.PaymentProof memory changed = isPayer ? ofPayer : ofPayee;

        which %= 6;
        if (which == 0) changed.index ^= uint32(difference);
        if (which == 1) changed.count ^= uint32(difference);
        if (which == 2) changed.path[0] ^= bytes32(difference);
        if (which == 3) changed.subtreePath[1] ^= bytes32(difference);
        if (which == 4) changed.path = longer(changed.path);
        if (which == 5) changed.subtreePath = longer(changed.subtreePath);
        vm.assertEq(false, netting.provesPayment(_cycle, one, ofPayer, ofPayee));
    }

    /// @notice The payer's proof does not stand for the payee's.
    function testOneSide() external view {
        GrossPayment memory one = _all[0];
        INetting.PaymentProof memory ofPayer = proofOf(one, one.payer);
        INetting.PaymentProof memory ofPayee = proofOf(one, one.payee);

        vm.assertEq(false, netting.provesPayment(_cycle, one, ofPayer, ofPayer));
        vm.assertEq(false, netting.provesPayment(_cycle, one, ofPayee, ofPayee));
        vm.assertEq(false, netting.provesPayment(_cycle, one, ofPayee, ofPayer));
    }

    /// @notice A node of the tree is no payment: with a path one shorter nothing is proven.
    function testNodeAsLeaf() external view {
        GrossPayment memory one = _all[0];
        INetting.PaymentProof memory ofPayer = proofOf(one, one.payer);
        INetting.PaymentProof memory ofPayee = proofOf(one, one.payee);
        bytes32[] memory shorter = new bytes32[](ofPayer.path.length - 1);
        for (uint256 i; i < shorter.length; ++i) {
            shorter[i] = ofPayer.path[i + 1];
        }
        ofPayer.path = shorter;

        vm.assertEq(false, netting.provesPayment(_cycle, one, ofPayer, ofPayee));
    }

    /// @notice What the proposer puts into the payee's subtree only, the payer has not affirmed: it proves no payment.
    function testPhantom() external {
        GrossPayment memory phantom = payment(3, bob, carol, 9);
        GrossPayment[] memory ofCarol = new GrossPayment[](4);
        GrossPayment[] memory honest = ofMember(carol.id);
        (ofCarol[0], ofCarol[1], ofCarol[2], ofCarol[3]) = (honest[0], honest[1], phantom, honest[2]);
        Cycle memory made = _cycle;
        made.positions[0] = position(alice.id, 4, 6, -84);
        made.positions[1] = position(bob.id, 3, 5, 28);
        made.positions[2] = position(carol.id, 2, 2, 56);
        bytes32[] memory leaves = tops();
        leaves[2] = topOf(carol.id, 4, 56, rootOf(leavesOf(ofCarol)));
        made.root = rootOf(leaves);
        settleAll(made);
        INetting.PaymentProof memory ofPayee = INetting.PaymentProof({
            index: 2, count: 4, path: pathOf(leavesOf(ofCarol), 2), subtreePath: pathOf(leaves, 2)
        });

        vm.assertEq(false, netting.provesPayment(made, phantom, ofPayee, ofPayee));
        INetting.PaymentProof memory ofPayer = proofOf(_all[3], bob.id);
        ofPayer.subtreePath = pathOf(leaves, 1);
        vm.assertEq(false, netting.provesPayment(made, phantom, ofPayer, ofPayee));
    }

    // All payments of a participant

    /// @notice Each member's payments are complete.
    function testSubtrees() external view {
        Actor[3] memory members = [alice, bob, carol];
        for (uint256 i; i < members.length; ++i) {
            vm.assertEq(true, provesAll(members[i].id, ofMember(members[i].id)));
        }
    }

    /// @notice One payment fewer is not all, whichever.
    function testTooFew(uint256 which) external view {
        GrossPayment[] memory all = ofMember(alice.id);
        GrossPayment[] memory fewer = new GrossPayment[](all.length - 1);
        which %= all.length;
        for (uint256 i; i < fewer.length; ++i) {
            fewer[i] = all[i < which ? i : i + 1];
        }
        vm.assertEq(false, provesAll(alice.id, fewer));
        vm.assertEq(false, provesAll(alice.id, new GrossPayment[](0)));
    }

    /// @notice Neither twice, nor out of order, nor another member's, nor another path.
    function testNotTheseAll() external view {
        GrossPayment[] memory all = ofMember(alice.id);
        (all[1], all[2]) = (all[2], all[1]);
        vm.assertEq(false, provesAll(alice.id, all));
        all = ofMember(alice.id);
        all[4] = all[3];
        vm.assertEq(false, provesAll(alice.id, all));
        vm.assertEq(false, provesAll(alice.id, ofMember(bob.id)));
        vm.assertEq(false, netting.provesSubtree(_cycle, alice.id, ofMember(alice.id), pathOf(tops(), 1)));
    }

    /// @notice A subtree whose net, counters or payments are not the position's is not proven, though the root has it.
    function testPositionDisagrees() external {
        GrossPayment[] memory own = ofMember(alice.id);
        expectProof(shifted(own), position(alice.id, 4, 6, -75), true);
        expectDisagrees(own, position(alice.id, 4, 6, -75));
        expectDisagrees(shifted(own), position(alice.id, 4, 7, -75));
        expectDisagrees(shifted(own), position(alice.id, 4, 6, -74));
        GrossPayment[] memory gap = shifted(own);
        gap[2].counter = 7;
        expectDisagrees(gap, position(alice.id, 4, 7, -75));
        expectDisagrees(gap, position(alice.id, 4, 6, -75));
        GrossPayment[] memory nothing = shifted(own);
        nothing[3].amount = 0;
        expectDisagrees(nothing, position(alice.id, 4, 6, -82));
        GrossPayment[] memory toItself = shifted(own);
        toItself[2].payee = alice.id;
        expectDisagrees(toItself, position(alice.id, 4, 6, -75));
        expectDisagrees(withAnothers(shifted(own)), position(alice.id, 4, 6, -75));
    }

    /// @notice Whoever only receives has a complete subtree too.
    function testOnlyReceives() external {
        GrossPayment[] memory own = new GrossPayment[](1);
        own[0] = payment(3, bob, alice, 40);
        Cycle memory made = _cycle;
        made.positions[0] = position(alice.id, 0, 0, 40);
        made.positions[1] = position(bob.id, 3, 3, -28);
        made.positions[2] = position(carol.id, 2, 2, -12);
        bytes32[] memory leaves = tops();
        leaves[0] = topOf(alice.id, 1, 40, rootOf(leavesOf(own)));
        made.root = rootOf(leaves);
        settleAll(made);

        vm.assertEq(true, netting.provesSubtree(made, alice.id, own, pathOf(leaves, 0)));
    }

    /// @notice More payments than a call may check prove nothing.
    function testTooMany() external view {
        vm.assertEq(false, provesAll(alice.id, new GrossPayment[](8193)));
    }

    // The tree

    function expectDisagrees(GrossPayment[] memory own, uint256 ofAlice) private {
        expectProof(own, ofAlice, false);
    }

    /// @dev Settles a cycle whose root has these payments as alice's, asks, and undoes it: the next one has the same counters.
    function expectProof(GrossPayment[] memory own, uint256 ofAlice, bool expected) private {
        Cycle memory made = _cycle;
        int64 net = int64(uint64(ofAlice >> 32));
        made.positions[0] = ofAlice;
        made.positions[1] = position(bob.id, 3, 4, 28);
        made.positions[2] = position(carol.id, 2, 2, -net - 28);
        bytes32[] memory leaves = tops();
        leaves[0] = topOf(alice.id, own.length, net, rootOf(leavesOf(own)));
        made.root = rootOf(leaves);

        (, bytes memory answer) =
            address(this).call(abi.encodeCall(this.settleThenRevert, (made, own, pathOf(leaves, 0))));
        vm.assertEq(expected ? bytes(hex"01") : bytes(hex"00"), answer);
    }

    function settleThenRevert(Cycle calldata made, GrossPayment[] calldata own, bytes32[] calldata path)
        external
    {
        settleAll(made);
        bytes memory answer =
            netting.provesSubtree(made, alice.id, own, path) ? bytes(hex"01") : bytes(hex"00");
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// @dev One more at the end, that is not alice's.
    function withAnothers(GrossPayment[] memory own) private view returns (GrossPayment[] memory more) {
        more = new GrossPayment[](own.length + 1);
        for (uint256 i; i < own.length; ++i) {
            more[i] = own[i];
        }
        more[own.length] = payment(9, carol, bob, 1);
    }

    /// @dev Alice's own with the counters that come after the first cycle.
    function shifted(GrossPayment[] memory own) private pure returns (GrossPayment[] memory later) {
        later = new GrossPayment[](own.length);
        for (uint256 i; i < own.length; ++i) {
            GrossPayment memory one = own[i];
            later[i] = GrossPayment({
                counter: i < 3 ? one.counter + 3 : one.counter + 2,
                payer: one.payer,
                payee: one.payee,
                amount: one.amount,
                commitment: one.commitment
            });
        }
    }

    function payment(uint64 counter, Actor memory payer, Actor memory payee, uint64 amount)
        private
        pure
        returns (GrossPayment memory)
    {
        bytes32 commitment = keccak256(abi.encode("document", payer.id, counter));
        return GrossPayment({
            counter: counter, payer: payer.id, payee: payee.id, amount: amount, commitment: commitment
        });
    }

    function add(GrossPayment memory one) private {
        _all.push(one);
    }

    function proves(GrossPayment memory one) private view returns (bool) {
        return netting.provesPayment(_cycle, one, proofOf(one, one.payer), proofOf(one, one.payee));
    }

    function provesAll(ParticipantId member, GrossPayment[] memory own) private view returns (bool) {
        return netting.provesSubtree(
            _cycle, member, own, pathOf(tops(), ParticipantId.unwrap(member) - ParticipantId.unwrap(alice.id))
        );
    }

    function proofOf(GrossPayment memory one, ParticipantId member)
        private
        view
        returns (INetting.PaymentProof memory proof)
    {
        GrossPayment[] memory own = ofMember(member);
        while (own[proof.index].commitment != one.commitment) ++proof.index;
        proof.count = uint32(own.length);
        proof.path = pathOf(leavesOf(own), proof.index);
        proof.subtreePath = pathOf(tops(), ParticipantId.unwrap(member) - ParticipantId.unwrap(alice.id));
    }

    function ofMember(ParticipantId member) private view returns (GrossPayment[] memory own) {
        uint256 count;
        for (uint256 i; i < _all.length; ++i) {
            if (_all[i].payer == member || _all[i].payee == member) ++count;
        }
        own = new GrossPayment[](count);
        for (uint256 i = _all.length; i > 0; --i) {
            if (_all[i - 1].payer == member || _all[i - 1].payee == member) own[--count] = _all[i - 1];
        }
    }

    function tops() private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](3);
        leaves[0] = topOf(alice.id, 5, -75, rootOf(leavesOf(ofMember(alice.id))));
        leaves[1] = topOf(bob.id, 4, 28, rootOf(leavesOf(ofMember(bob.id))));
        leaves[2] = topOf(carol.id, 3, 47, rootOf(leavesOf(ofMember(carol.id))));
    }

    function topOf(ParticipantId member, uint256 count, int64 net, bytes32 root)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(SUBTREE, member, count, net, root));
    }

    function leavesOf(GrossPayment[] memory own) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](own.length);
        for (uint256 i; i < own.length; ++i) {
            GrossPayment memory one = own[i];
            leaves[i] = keccak256(
                abi.encode(PAYMENT, i, one.counter, one.payer, one.payee, one.amount, one.commitment)
            );
        }
    }

    function rootOf(bytes32[] memory leaves) private pure returns (bytes32) {
        return over(leaves, 0, widthOf(leaves.length));
    }

    /// @dev The node over `width` places from one on: nothing is zero.
    function over(bytes32[] memory leaves, uint256 from, uint256 width) private pure returns (bytes32) {
        if (from >= leaves.length) return 0;
        if (width == 1) return leaves[from];
        return keccak256(abi.encode(over(leaves, from, width / 2), over(leaves, from + width / 2, width / 2)));
    }

    /// @dev For each level, the node over the range beside the one that holds the place.
    function pathOf(bytes32[] memory leaves, uint256 place) private pure returns (bytes32[] memory path) {
        uint256 width = widthOf(leaves.length);
        uint256 depth;
        while (1 << depth < width) ++depth;
        path = new bytes32[](depth);
        for (uint256 i; i < depth; ++i) {
            path[i] = over(leaves, ((place >> i) ^ 1) << i, 1 << i);
        }
    }

    function widthOf(uint256 count) private pure returns (uint256 width) {
        width = 1;
        while (width < count) width *= 2;
    }

    function longer(bytes32[] memory path) private pure returns (bytes32[] memory made) {
        made = new bytes32[](path.length + 1);
        for (uint256 i; i < path.length; ++i) {
            made[i] = path[i];
        }
    }
}
