// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../interfaces/IModules.sol";
import {Administered} from "./Administered.sol";
import {ModuleStatus} from "../types/Kinds.sol";

/// @title Which contracts may move value
///
/// ROLES: the quorum alone decides about trust, and its own delay comes before every verb, also before those that take trust away.
/// The guardian pauses at once; the operator resumes, after a delay.
///
/// STATES: none → proposed → (delay) → trusted → closing → dropped. A proposal can be dropped too. Nothing goes back. Apart from
/// that a module is paused or not; the ledger itself, under its own address, too: then nothing is issued or asked back.
///
/// ASSUMPTIONS: modules named at construction need no delay: there is nothing yet that they could take. A module that is
/// accepted has the code that was proposed; it changes no more unless it is made to (a proxy), which whoever approves looks for.
///
/// LIVENESS: a closing or paused module still lets go of what it holds; it is dropped only when it holds nothing.
abstract contract Modules is IModules, Administered {
    uint256 private constant LIST_LIMIT = 64;

    /// @inheritdoc IModules
    function proposeModule(address module) external restricted {
        _requireStatus(module, ModuleStatus.None);
        require(module.code.length > 0, ModuleWithoutCode(module));

        uint40 readyAt = uint40(block.timestamp) + delay;
        Module storage proposed = _modules[module];
        (proposed.status, proposed.readyAt) = (ModuleStatus.Proposed, readyAt);
        proposed.codeHash = module.codehash;

        emit ModuleProposed(module, readyAt);
    }

    /// @inheritdoc IModules
    function acceptModule(address module) external restricted {
        _requireStatus(module, ModuleStatus.Proposed);
        require(!_modules[module].paused, ModuleIsPaused(module));
        uint40 readyAt = _modules[module].readyAt;
        require(block.timestamp >= readyAt, ModuleNotReady(module, readyAt));
        bytes32 codeHash = _modules[module].codeHash;
        require(module.codehash == codeHash, ModuleCodeChanged(module, codeHash, module.codehash));
        uint256 accepted = _acceptedModules.length;
        require(accepted < LIST_LIMIT, TooManyModules(accepted + 1, LIST_LIMIT));

        _modules[module].status = ModuleStatus.Trusted;
        _acceptedModules.push(module);

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
        require(_modules[module].held == 0, ModuleHolds(module, _modules[module].held));

        _modules[module].status = ModuleStatus.Dropped;
        if (status == ModuleStatus.Closing) _forget(module);

        emit ModuleDropped(module);
    }

    /// @inheritdoc IModules
    function pause(address[] calldata modules) external restricted {
        require(modules.length <= LIST_LIMIT, TooManyModules(modules.length, LIST_LIMIT));

        for (uint256 i; i < modules.length; ++i) {
            (_modules[modules[i]].paused, _modules[modules[i]].resumableAt) = (true, 0);

            emit ModulePaused(modules[i]);
        }
    }

    /// @inheritdoc IModules
    function resume(address module) external restricted {
        Module storage paused = _modules[module];
        require(paused.paused, ModuleIsNotPaused(module));
        if (paused.resumableAt == 0) {
            uint40 resumableAt = uint40(block.timestamp) + delay;
            paused.resumableAt = resumableAt;

            emit ResumptionProposed(module, resumableAt);
            if (delay > 0) return;
        }
        require(block.timestamp >= paused.resumableAt, ModuleNotReady(module, paused.resumableAt));

        (paused.paused, paused.resumableAt) = (false, 0);

        emit ModuleResumed(module);
    }

    /// @inheritdoc IModules
    function moduleOf(address module) external view returns (ModuleReport memory) {
        Module storage asked = _modules[module];

        return ModuleReport({
            status: asked.status,
            paused: asked.paused,
            readyAt: asked.readyAt,
            resumableAt: asked.resumableAt,
            held: asked.held
        });
    }

    /// @inheritdoc IModules
    function moduleStatus(address module) external view returns (ModuleStatus status, uint40 readyAt) {
        return (_modules[module].status, _modules[module].readyAt);
    }

    /// @dev Takes it from the list, whose order says nothing.
    function _forget(address module) private {
        uint256 last = _acceptedModules.length - 1;
        for (uint256 i; i < last; ++i) {
            if (_acceptedModules[i] == module) _acceptedModules[i] = _acceptedModules[last];
        }
        _acceptedModules.pop();
    }

    function _requireStatus(address module, ModuleStatus needed) private view {
        ModuleStatus status = _modules[module].status;
        require(status == needed, ModuleHasOtherStatus(module, status));
    }
}
