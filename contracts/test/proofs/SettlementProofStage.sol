// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Settlement} from "../../src/Settlement.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Head, Instruction, Leg} from "../../src/types/Legs.sol";
import {ProofStage} from "./ProofStage.sol";

/// @notice The stage with `Settlement` as a trusted module, and the words of its instructions.
abstract contract SettlementProofStage is ProofStage {
    Settlement internal settlement;

    function setUp() public virtual override {
        super.setUp();
        settlement = new Settlement(participants, ledger, IAccessManaged(address(ledger)).authority());
        trust(address(settlement));
    }

    /// @dev Of Alice, who may settle it at any time.
    function instructionOf(uint64 sequence, bytes32 commitment, Leg[] memory legs)
        internal
        pure
        returns (Instruction memory)
    {
        uint256 head = (uint256(sequence) << 184) | (uint256(ParticipantId.unwrap(ALICE)) << 152);
        return Instruction(Head.wrap(head), commitment, legs);
    }
}
