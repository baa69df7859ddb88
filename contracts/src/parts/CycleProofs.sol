// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../interfaces/INetting.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Cycles} from "./Cycles.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {Cycle, CyclePosition, CycleStatus, GrossPayment} from "../types/Cycle.sol";
import {ParticipantId} from "../types/Identifiers.sol";

/// @title What can be proven of a settled cycle
///
/// Nothing here changes anything.
///
/// ASSUMPTIONS: what a member affirmed is the root and its position, so its subtree, count and net. What stands in one subtree only,
/// the other side has not affirmed: a payment is proven on both sides.
abstract contract CycleProofs is Cycles {
    uint256 private constant PAYMENT_LIMIT = 8192;
    bytes32 private constant PAYMENT_TYPEHASH = keccak256(
        "Payment(uint256 index,uint64 counter,uint32 payer,uint32 payee,uint64 amount,bytes32 commitment)"
    );
    bytes32 private constant SUBTREE_TYPEHASH =
        keccak256("Subtree(uint32 participant,uint256 count,int64 net,bytes32 root)");

    /// @inheritdoc INetting
    function provesPayment(
        Cycle calldata cycle,
        GrossPayment calldata payment,
        PaymentProof calldata ofPayer,
        PaymentProof calldata ofPayee
    ) external view returns (bool) {
        return _isSettled(cycle) && _isWellFormed(payment) && _isCounted(cycle, payment)
            && _isIn(cycle, payment, payment.payer, ofPayer) && _isIn(cycle, payment, payment.payee, ofPayee);
    }

    /// @inheritdoc INetting
    function provesSubtree(
        Cycle calldata cycle,
        ParticipantId participant,
        GrossPayment[] calldata payments,
        bytes32[] calldata subtreePath
    ) external view returns (bool) {
        uint256 place = _seek(cycle, participant);
        if (place == cycle.positions.length || payments.length > PAYMENT_LIMIT) return false;
        if (!_isSettled(cycle) || !_areAllOf(cycle.positionAt(place), payments)) return false;

        bytes32[] memory leaves = new bytes32[](payments.length);
        for (uint256 i; i < payments.length; ++i) {
            leaves[i] = _leafOf(payments[i], i);
        }
        return _hasSubtree(cycle, place, payments.length, MerkleTree.rootOf(leaves), subtreePath);
    }

    function _isSettled(Cycle calldata cycle) private view returns (bool) {
        return _cycles[_digestOf(cycle)].status == CycleStatus.Settled;
    }

    function _isWellFormed(GrossPayment calldata payment) private pure returns (bool) {
        return payment.counter > 0 && payment.amount > 0 && payment.amount <= MAX_AMOUNT
            && payment.payer != payment.payee;
    }

    /// @dev Whether the payer's position names the counter.
    function _isCounted(Cycle calldata cycle, GrossPayment calldata payment) private pure returns (bool) {
        uint256 place = _seek(cycle, payment.payer);
        if (place == cycle.positions.length) return false;

        CyclePosition payer = cycle.positionAt(place);
        return payment.counter >= payer.first() && payment.counter <= payer.last();
    }

    /// @dev Whether the payment is in the participant's subtree.
    function _isIn(
        Cycle calldata cycle,
        GrossPayment calldata payment,
        ParticipantId participant,
        PaymentProof calldata proof
    ) private pure returns (bool) {
        uint256 place = _seek(cycle, participant);
        if (place == cycle.positions.length || proof.index >= proof.count) return false;
        if (proof.path.length != MerkleTree.depthOf(proof.count)) return false;

        bytes32 root = MerkleTree.rootFrom(_leafOf(payment, proof.index), proof.index, proof.path);
        return _hasSubtree(cycle, place, proof.count, root, proof.subtreePath);
    }

    /// @dev Whether the cycle's root has this subtree at the member's place.
    function _hasSubtree(
        Cycle calldata cycle,
        uint256 place,
        uint256 count,
        bytes32 root,
        bytes32[] calldata path
    ) private pure returns (bool) {
        CyclePosition position = cycle.positionAt(place);
        bytes32 leaf =
            keccak256(abi.encode(SUBTREE_TYPEHASH, position.participant(), count, position.net(), root));

        return path.length == MerkleTree.depthOf(cycle.positions.length)
            && MerkleTree.rootFrom(leaf, place, path) == cycle.root;
    }

    /// @dev Whether the payments are in order, no two the same, and come to the position.
    function _areAllOf(CyclePosition position, GrossPayment[] calldata payments) private pure returns (bool) {
        ParticipantId participant = position.participant();
        uint256 next = position.first();
        uint256 before;
        int256 net;
        for (uint256 i; i < payments.length; ++i) {
            GrossPayment calldata payment = payments[i];
            uint256 name = (uint256(ParticipantId.unwrap(payment.payer)) << 64) | payment.counter;
            if (!_isWellFormed(payment) || name <= before) return false;

            if (payment.payer == participant) {
                if (payment.counter != next++) return false;
                net -= int256(uint256(payment.amount));
            } else if (payment.payee == participant) {
                net += int256(uint256(payment.amount));
            } else {
                return false;
            }
            before = name;
        }
        return net == position.net() && (!position.pays() || next == uint256(position.last()) + 1);
    }

    function _leafOf(GrossPayment calldata payment, uint256 index) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                PAYMENT_TYPEHASH,
                index,
                payment.counter,
                payment.payer,
                payment.payee,
                payment.amount,
                payment.commitment
            )
        );
    }
}
