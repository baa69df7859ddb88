// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IActors} from "../interfaces/IActors.sol";
import {IParticipants} from "../interfaces/IParticipants.sol";
import {Operated} from "./Operated.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";

/// @title Who sent the transaction, as far as the ledger has to know
abstract contract Actors is IActors, Operated {
    /// @inheritdoc IActors
    IParticipants public immutable participants;

    constructor(IParticipants participantsContract) {
        participants = participantsContract;
    }

    /// @dev The participant whose pay key sent this.
    function _payingParticipant() internal view returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Pay);
    }
}
