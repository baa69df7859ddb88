// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {Administered} from "./Administered.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AssetId, NOBODY, ParticipantId} from "../types/Identifiers.sol";

/// @title How far a holder lets its balance go out
///
/// ROLES: the issuer grants credit; the holder sets its own limits and reserve. What lowers takes one administer key at once, what
/// raises takes two and the delay.
abstract contract Limits is IAccounts, Administered {
    /// @inheritdoc IAccounts
    function setReserve(AssetId asset, uint64 amount) external {
        ParticipantId holder = _payingParticipant();
        Account storage account = _opened(asset, holder);
        _requireAmount(amount);

        account.reserve = amount;

        emit ReserveSet(asset, holder, amount);
    }

    /// @inheritdoc IAccounts
    function setCredit(AssetId asset, ParticipantId holder, uint64 amount) external {
        ParticipantId issuer = _administeringParticipant();
        _requireIssuer(asset, issuer);
        Account storage account = _opened(asset, holder);
        IAssets.Asset storage lent = _assets[asset];
        uint256 credit = uint256(lent.credit) - account.credit + amount;
        _requireWithinMaximum(asset, lent.supply + credit);
        int256 drawn = -int256(account.balance);
        require(int256(uint256(amount)) >= drawn, CreditDrawn(asset, holder, uint64(uint256(drawn))));
        if (amount > account.credit) {
            _requireActiveIssuer(issuer);
            if (!_recordConsent(issuer)) return;
        }

        lent.credit = uint64(credit);
        account.credit = amount;

        emit CreditSet(asset, holder, amount);
    }

    /// @inheritdoc IAccounts
    function setLimits(AssetId asset, uint64 perInstruction, uint64 perDay) external {
        ParticipantId holder = _administeringParticipant();
        Account storage account = _opened(asset, holder);
        _requireAmount(perInstruction);
        _requireAmount(perDay);
        bool raises = perInstruction > account.perInstruction || perDay > account.perDay;
        if (raises && !_recordConsent(holder)) return;

        account.perInstruction = perInstruction;
        account.perDay = perDay;

        emit LimitsSet(asset, holder, perInstruction, perDay);
    }

    /// @inheritdoc IAccounts
    function setBilateralLimit(AssetId asset, ParticipantId counterparty, uint64 amount) external {
        ParticipantId holder = _administeringParticipant();
        Account storage account = _opened(asset, holder);
        _requireAmount(amount);
        require(counterparty != NOBODY && counterparty != holder, CounterpartyInvalid(counterparty));
        BilateralLimit storage bilateral = _bilateral(asset, holder, counterparty);
        bool raises = bilateral.set ? amount > bilateral.limit : amount == MAX_AMOUNT;
        if (raises && !_recordConsent(holder)) return;

        if (!bilateral.set) (bilateral.netDay, bilateral.net) = (_dayOf(_assets[asset]), 0);
        account.bilateral = true;
        bilateral.set = amount != MAX_AMOUNT;
        bilateral.limit = amount;

        emit BilateralLimitSet(asset, holder, counterparty, amount);
    }
}
