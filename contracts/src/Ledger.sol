// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Administration} from "./Administration.sol";
import {IModules} from "./interfaces/IModules.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Actors} from "./parts/Actors.sol";
import {Acceptances} from "./parts/Acceptances.sol";
import {LockedPayments} from "./parts/LockedPayments.sol";
import {Locks} from "./parts/Locks.sol";
import {Sets} from "./parts/Sets.sol";
import {Supply} from "./parts/Supply.sol";
import {ModuleStatus} from "./types/Kinds.sol";

/// @title Who holds what, and the only place where that changes
///
/// ROLES: trusted modules move units between holders; issuers bring them into being, take them back, and move them under a court's
/// order. Nobody else changes a balance. Who does what is said in the parts; who sets the rules, in `Administration`.
///
/// STATES: a unit is available or locked.
///
/// ASSUMPTIONS: per asset, supply = sum of balances + sum of locks, after every call. A trusted module has established that
/// the payer's pay key consents; everything else is checked here, whatever the module. The code stands at two addresses, because
/// the EVM bounds the size of one: what is not here is `Administration`'s, made once by this constructor, never another, and run
/// on these books.
///
/// LIVENESS: a refusal changes nothing and uses no sequence. No loop runs over anything but its own calldata.
contract Ledger is Acceptances, Sets, Locks, LockedPayments, Supply {
    /// @notice The code that sets the rules.
    Administration public immutable administration;

    constructor(
        IParticipants participantsContract,
        address authority,
        uint32 delaySeconds,
        address[] memory firstModules
    ) AccessManaged(authority) Actors(participantsContract) {
        administration = new Administration(participantsContract, authority, delaySeconds);
        for (uint256 i; i < firstModules.length; ++i) {
            _modules[firstModules[i]].status = ModuleStatus.Trusted;
            _acceptedModules.push(firstModules[i]);

            emit IModules.ModuleAccepted(firstModules[i]);
        }
    }

    /// @notice Everything of `ILedger` that is not above: the administration's verbs and views.
    fallback(bytes calldata call) external returns (bytes memory answer) {
        return Address.functionDelegateCall(address(administration), call);
    }
}
