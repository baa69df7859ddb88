// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../interfaces/IModules.sol";
import {Actors} from "./Actors.sol";
import {ModuleStatus} from "../types/Kinds.sol";

/// @title Which contracts may move value
///
/// ROLES: the quorum alone, whose own delay comes before every verb, also before those that take trust away.
///
/// STATES: none → proposed → (delay) → trusted → closing → dropped. A proposal can be dropped too. Nothing goes back.
///
/// ASSUMPTIONS: modules named at construction need no delay: there is nothing yet that they could take. A module that is
/// accepted has the code that was proposed; it changes no more unless it is made to (a proxy), which whoever approves looks for.
abstract contract Modules is IModules, Actors {
    struct Module {
        ModuleStatus status;
        uint40 readyAt;
        bytes32 codeHash;
    }

    mapping(address module => Module) private _modules;

    modifier onlyTrusted() {
        require(_modules[msg.sender].status == ModuleStatus.Trusted, ModuleNotTrusted(msg.sender));
        _;
    }

    constructor(address[] memory firstModules) {
        for (uint256 i; i < firstModules.length; ++i) {
            _modules[firstModules[i]].status = ModuleStatus.Trusted;

            emit ModuleAccepted(firstModules[i]);
        }
    }

    /// @inheritdoc IModules
    function proposeModule(address module) external restricted {
        _requireStatus(module, ModuleStatus.None);
        require(module.code.length > 0, ModuleWithoutCode(module));

        uint40 readyAt = uint40(block.timestamp) + delay;
        _modules[module] =
            Module({status: ModuleStatus.Proposed, readyAt: readyAt, codeHash: module.codehash});

        emit ModuleProposed(module, readyAt);
    }

    /// @inheritdoc IModules
    function acceptModule(address module) external restricted {
        _requireStatus(module, ModuleStatus.Proposed);
        uint40 readyAt = _modules[module].readyAt;
        require(block.timestamp >= readyAt, ModuleNotReady(module, readyAt));
        bytes32 codeHash = _modules[module].codeHash;
        require(module.codehash == codeHash, ModuleCodeChanged(module, codeHash, module.codehash));

        _modules[module].status = ModuleStatus.Trusted;

        emit ModuleAccepted(module);
    }

    /// @inheritdoc IModules
    function closeModule(address module) external restricted {
        _requireStatus(module, ModuleStatus.Trusted);

        _modules[module].status = ModuleStatus.Closing;

        emit ModuleClosing(module);
    }

    /// @inheritdoc IModules
    function dropModule(address module) external restricted {
        ModuleStatus status = _modules[module].status;
        require(
            status == ModuleStatus.Proposed || status == ModuleStatus.Closing,
            ModuleHasOtherStatus(module, status)
        );

        _modules[module].status = ModuleStatus.Dropped;

        emit ModuleDropped(module);
    }

    /// @inheritdoc IModules
    function moduleStatus(address module) external view returns (ModuleStatus status, uint40 readyAt) {
        return (_modules[module].status, _modules[module].readyAt);
    }

    function _requireStatus(address module, ModuleStatus needed) private view {
        ModuleStatus status = _modules[module].status;
        require(status == needed, ModuleHasOtherStatus(module, status));
    }
}
