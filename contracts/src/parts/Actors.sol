// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IActors} from "../interfaces/IActors.sol";
import {IParticipants} from "../interfaces/IParticipants.sol";
import {TwoKeyChanges} from "./TwoKeyChanges.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";

/// @title Who sent the transaction, as far as the ledger has to know
abstract contract Actors is IActors, AccessManaged, TwoKeyChanges {
    /// @inheritdoc IActors
    IParticipants public immutable participants;

    constructor(IParticipants participantsContract, address authority, uint32 delaySeconds)
        AccessManaged(authority)
        TwoKeyChanges(delaySeconds)
    {
        participants = participantsContract;
    }

    /// @dev The participant whose pay key sent this.
    function _payingParticipant() internal view returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Pay);
    }

    function _administeringParticipant() internal view override returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Administer);
    }

    function _mayAdminister(address key, ParticipantId participant) internal view override returns (bool) {
        return participants.mayAct(key, participant, KeyRole.Administer);
    }

    /// @dev Whether the access manager lets the sender make this call, at once.
    function _isOperator() internal view returns (bool immediate) {
        (immediate,) = IAccessManager(authority()).canCall(msg.sender, address(this), msg.sig);
    }
}
