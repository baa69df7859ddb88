// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../src/types/Amounts.sol";
import {AssetId, ParticipantId, Sequence} from "../src/types/Identifiers.sol";
import {Terms} from "../src/types/Terms.sol";
import {Stage} from "./Stage.sol";
import {vm} from "./Vm.sol";

contract TermsTest is Stage {
    /// @notice What is packed by the written layout is read back field by field.
    function testRoundTrip(
        bool urgent,
        uint64 sequence,
        uint32 asset,
        uint32 payer,
        uint32 payee,
        uint64 amount
    ) external pure {
        Terms word = packed(
            urgent,
            sequence,
            AssetId.wrap(asset),
            ParticipantId.wrap(payer),
            ParticipantId.wrap(payee),
            amount
        );

        vm.assertEq(urgent, word.isUrgent());
        vm.assertEq(uint256(sequence), Sequence.unwrap(word.sequence()));
        vm.assertEq(uint256(asset), AssetId.unwrap(word.asset()));
        vm.assertEq(uint256(payer), ParticipantId.unwrap(word.payer()));
        vm.assertEq(uint256(payee), ParticipantId.unwrap(word.payee()));
        vm.assertEq(uint256(amount), word.amount());
        vm.assertEq(true, word.isWellFormed());
        vm.assertEq(payer == payee, word.isToPayer());
        vm.assertEq(amount > 0 && amount <= MAX_AMOUNT, word.hasAmountInRange());
    }

    /// @notice One word, written out, for whoever packs it elsewhere.
    function testVector() external pure {
        Terms word = packed(
            true,
            0x0102030405060708,
            AssetId.wrap(840),
            ParticipantId.wrap(7),
            ParticipantId.wrap(9),
            123_456_789
        );

        vm.assertEq(
            bytes32(0x01010203040506070800000348000000070000000900000000075bcd15000000),
            bytes32(Terms.unwrap(word))
        );
    }

    /// @notice Every bit outside the layout makes a word malformed.
    function testMalformed(uint256 word) external pure {
        uint256 strayBits = word & ((uint256(0xfe) << 248) | 0xffffff);

        vm.assertEq(strayBits == 0, Terms.wrap(word).isWellFormed());
    }
}
