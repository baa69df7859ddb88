// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAcceptances} from "./IAcceptances.sol";
import {IAccounts} from "./IAccounts.sol";
import {IActors} from "./IActors.sol";
import {IAssets} from "./IAssets.sol";
import {IConsents} from "./IConsents.sol";
import {ICourtOrders} from "./ICourtOrders.sol";
import {ILockedPayments} from "./ILockedPayments.sol";
import {ILocks} from "./ILocks.sol";
import {IModules} from "./IModules.sol";
import {IMoves} from "./IMoves.sol";
import {IRules} from "./IRules.sol";
import {ISequences} from "./ISequences.sol";
import {ISets} from "./ISets.sol";
import {ISupply} from "./ISupply.sol";
import {ITwoKeyChanges} from "./ITwoKeyChanges.sol";

/// @notice Who holds what, and the only place where that changes. `Ledger` answers all of it, a part through `Administration`.
interface ILedger is
    IMoves,
    IAcceptances,
    ISets,
    ILocks,
    ILockedPayments,
    ISupply,
    IRules,
    ISequences,
    IConsents,
    IAccounts,
    IAssets,
    ICourtOrders,
    IModules,
    IActors,
    ITwoKeyChanges
{
    /// @notice The code of those verbs that move no value; it runs as the ledger.
    function administration() external view returns (address);
}
