// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {AccountId, AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {Freezer, ModuleStatus} from "../types/Kinds.sol";

/// @title Everything that the ledger remembers
///
/// The ledger's code stands at two addresses (see `Ledger`), and both read and write these books: all state is declared here, in
/// this order, and nowhere else but in `TwoKeyChanges`, which only the administration has, behind it.
abstract contract Books is AccessManaged {
    /// @param paused Whether it may move nothing until it is resumed.
    /// @param readyAt When a proposed one may be accepted.
    /// @param resumableAt When a paused one may be resumed; 0 until that was asked for.
    /// @param held Sum of all that it locks, minor units of whatever assets, and of the urgent instructions it counts: 0 is nothing.
    /// @param codeHash Of the code that was proposed.
    struct Module {
        ModuleStatus status;
        bool paused;
        uint40 readyAt;
        uint40 resumableAt;
        uint128 held;
        bytes32 codeHash;
    }

    uint32 internal _assetCount;
    mapping(AssetId asset => IAssets.Asset) internal _assets;
    mapping(AssetId asset => uint40) internal _dayBegan;

    mapping(AccountId account => IAccounts.Account) internal _accounts;
    mapping(AccountId account => mapping(Freezer freezer => bool)) internal _freezes;
    mapping(AccountId account => mapping(ParticipantId counterparty => IAccounts.BilateralLimit)) internal
        _bilateralLimits;

    mapping(ParticipantId participant => mapping(Currency currency => IConsents.Threshold)) internal
        _thresholds;
    mapping(ParticipantId participant => bool) internal _hasThresholds;

    mapping(uint256 page => uint256 usedBits) internal _pages;
    /// @dev Four payers with neighbouring ids a word, 64 bits each.
    mapping(uint256 page => uint256) internal _countersUsed;

    mapping(bytes32 digest => bool) internal _redemptions;

    mapping(address module => Module) internal _modules;
    /// @dev Trusted and closing ones.
    address[] internal _acceptedModules;
    /// @dev The ledger holds what is asked back for redemption, under its own address.
    mapping(address module => mapping(AccountId account => uint64)) internal _lockedBy;
}
