// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "./interfaces/IParticipants.sol";
import {CourtOrders} from "./administration/CourtOrders.sol";
import {Days} from "./administration/Days.sol";
import {Freezes} from "./administration/Freezes.sol";
import {Limits} from "./administration/Limits.sol";
import {Modules} from "./administration/Modules.sol";
import {Registration} from "./administration/Registration.sol";
import {Reports} from "./administration/Reports.sol";
import {Thresholds} from "./administration/Thresholds.sol";
import {Actors} from "./parts/Actors.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {TwoKeyChanges} from "./parts/TwoKeyChanges.sol";

/// @title The part of the ledger that sets rules; the part that moves value under them is `Ledger`
///
/// ROLES: in each part, under `administration`.
///
/// ASSUMPTIONS: it is made by a ledger's constructor and only ever runs as that ledger: called at its own address it finds empty
/// books, in which nobody is anything.
contract Administration is Registration, Days, Freezes, Limits, Thresholds, Modules, CourtOrders, Reports {
    constructor(IParticipants participantsContract, address authority, uint32 delaySeconds)
        AccessManaged(authority)
        Actors(participantsContract)
        TwoKeyChanges(delaySeconds)
    {}
}
