// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, GrossPayment} from "../../src/types/Cycle.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// @notice Trees that a proposer made to deceive, and that the members affirmed all the same: both subtrees are forged alike.
contract ForgedTreesTest is Members {
    bytes32 private constant PAYMENT = keccak256(
        "Payment(uint256 index,uint64 counter,uint32 payer,uint32 payee,uint64 amount,bytes32 commitment)"
    );
    bytes32 private constant SUBTREE =
        keccak256("Subtree(uint32 participant,uint256 count,int64 net,bytes32 root)");

    bytes32 private _ofAlice;
    bytes32 private _ofBob;
    bytes32 private _others;

    /// @notice A payment whose counter its payer's position does not name is none of the cycle's.
    function testUncounted() external {
        (bytes32 named, bytes32 beyond) = (leafOf(2, 0), leafOf(9, 1));
        Cycle memory made = settled(2, node(named, beyond));

        vm.assertEq(true, proves(made, 2, 0, 2, pathOf(beyond)));
        vm.assertEq(false, proves(made, 9, 1, 2, pathOf(named)));
    }

    /// @notice What lies below the level of the leaves is no payment: it would not be among the subtree's.
    function testBelow() external {
        bytes32 other = leafOf(2, 1);
        Cycle memory made = settled(1, node(leafOf(1, 0), other));

        vm.assertEq(false, proves(made, 1, 0, 1, pathOf(other)));
    }

    /// @notice Nor what lies above it.
    function testAbove() external {
        Cycle memory made = settled(4, leafOf(1, 0));

        vm.assertEq(false, proves(made, 1, 0, 4, new bytes32[](0)));
    }

    /// @notice Nor what names a place that is not there.
    function testNoSuchPlace() external {
        Cycle memory made = settled(1, leafOf(1, 5));

        vm.assertEq(false, proves(made, 1, 5, 1, new bytes32[](0)));
    }

    /// @dev A cycle whose root has this subtree for the payer and for the payee.
    function settled(uint256 count, bytes32 root) private returns (Cycle memory made) {
        made = cycle();
        _ofAlice = topOf(alice.id, count, -int64(BROUGHT), root);
        _ofBob = topOf(bob.id, count, 28, root);
        _others = node(topOf(carol.id, 0, 47, 0), 0);
        made.root = node(node(_ofAlice, _ofBob), _others);
        settleAll(made);
    }

    function proves(Cycle memory made, uint64 counter, uint32 index, uint32 count, bytes32[] memory path)
        private
        view
        returns (bool)
    {
        return netting.provesPayment(
            made,
            payment(counter),
            INetting.PaymentProof(index, count, path, toTheRoot(_ofBob)),
            INetting.PaymentProof(index, count, path, toTheRoot(_ofAlice))
        );
    }

    function payment(uint64 counter) private view returns (GrossPayment memory) {
        return GrossPayment({
            counter: counter, payer: alice.id, payee: bob.id, amount: 5, commitment: keccak256("a document")
        });
    }

    function leafOf(uint64 counter, uint256 index) private view returns (bytes32) {
        GrossPayment memory one = payment(counter);
        return
            keccak256(
                abi.encode(PAYMENT, index, one.counter, one.payer, one.payee, one.amount, one.commitment)
            );
    }

    function topOf(ParticipantId member, uint256 count, int64 net, bytes32 root)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(SUBTREE, member, count, net, root));
    }

    function toTheRoot(bytes32 beside) private view returns (bytes32[] memory path) {
        path = new bytes32[](2);
        (path[0], path[1]) = (beside, _others);
    }

    function pathOf(bytes32 beside) private pure returns (bytes32[] memory path) {
        path = new bytes32[](1);
        path[0] = beside;
    }

    function node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encode(left, right));
    }
}
