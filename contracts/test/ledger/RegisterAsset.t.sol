// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {AssetId, Currency, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {AssetKind, DayRule, ParticipantKind} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract RegisterAssetTest is Stage {
    Currency private constant POUND = Currency.wrap(826);

    /// @notice Only the operator registers; an issuer does not.
    function testOperatorOnly() external {
        vm.expectRevert(unauthorised(centralBank.first));
        vm.prank(centralBank.first);
        ledger.registerAsset(POUND, AssetKind.CentralBankMoney, centralBank.id, DayRule.BusinessDay);
    }

    /// @notice An asset has a kind, a day rule and a currency of three digits.
    function testInvalid() external {
        expectInvalid(POUND, AssetKind.None, DayRule.UtcDay);
        expectInvalid(POUND, AssetKind.CentralBankMoney, DayRule.None);
        expectInvalid(Currency.wrap(0), AssetKind.CentralBankMoney, DayRule.UtcDay);
        expectInvalid(Currency.wrap(1000), AssetKind.CentralBankMoney, DayRule.UtcDay);
    }

    /// @notice Money is issued by the operator and by banks, a receivable also by a corporate; nothing by an auditor or nobody.
    function testIssuer() external {
        expectIssuerInvalid(ParticipantId.wrap(99), AssetKind.CentralBankMoney);
        expectIssuerInvalid(auditor, AssetKind.Receivable);
        expectIssuerInvalid(corporate.id, AssetKind.CommercialBankMoney);

        vm.startPrank(operator);
        ledger.registerAsset(POUND, AssetKind.Receivable, corporate.id, DayRule.UtcDay);
        ledger.registerAsset(POUND, AssetKind.CommercialBankMoney, alice.id, DayRule.UtcDay);
        vm.stopPrank();
    }

    /// @notice Central-bank money is issued by a central bank, which is admitted as an operator; not by a bank.
    function testIssuerOfCentralBankMoney() external {
        expectIssuerInvalid(alice.id, AssetKind.CentralBankMoney);
    }

    /// @notice Before a participant issues anything its first thresholds are set.
    function testFirstThresholdsMissing() external {
        ParticipantId dave = enter("dave", ParticipantKind.Bank, NOBODY).id;

        vm.expectRevert(abi.encodeWithSelector(IAssets.FirstThresholdsMissing.selector, dave));
        vm.prank(operator);
        ledger.registerAsset(POUND, AssetKind.CommercialBankMoney, dave, DayRule.UtcDay);
    }

    /// @notice There is one central-bank money of a currency.
    function testExists() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetExists.selector, USD));
        vm.prank(operator);
        ledger.registerAsset(DOLLAR, AssetKind.CentralBankMoney, centralBank.id, DayRule.UtcDay);
    }

    /// @notice Central-bank money has its currency's number, every other asset the next one from 1,000.
    function testRegisters(uint16 currency) external {
        Currency chosen = Currency.wrap(uint16(bound(currency, 1, 839)));

        for (uint32 number = 1000; number < 1003; ++number) {
            vm.expectEmit(address(ledger));
            emit IAssets.AssetRegistered(
                AssetId.wrap(number), chosen, AssetKind.CommercialBankMoney, bob.id, DayRule.UtcDay
            );
            vm.prank(operator);
            ledger.registerAsset(chosen, AssetKind.CommercialBankMoney, bob.id, DayRule.UtcDay);
        }
        AssetId id = AssetId.wrap(Currency.unwrap(chosen));
        vm.expectEmit(address(ledger));
        emit IAssets.AssetRegistered(
            id, chosen, AssetKind.CentralBankMoney, centralBank.id, DayRule.BusinessDay
        );
        vm.prank(operator);
        ledger.registerAsset(chosen, AssetKind.CentralBankMoney, centralBank.id, DayRule.BusinessDay);

        IAssets.Asset memory registered = ledger.assetOf(id);
        vm.assertEq(uint256(Currency.unwrap(chosen)), Currency.unwrap(registered.currency));
        vm.assertEq(true, registered.issuer == centralBank.id);
        vm.assertEq(uint256(0), registered.supply);
        vm.assertEq(uint256(0), ledger.dayOf(id));
    }

    function expectInvalid(Currency currency, AssetKind kind, DayRule dayRule) private {
        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetInvalid.selector, currency, kind, dayRule));
        vm.prank(operator);
        ledger.registerAsset(currency, kind, centralBank.id, dayRule);
    }

    function expectIssuerInvalid(ParticipantId issuer, AssetKind kind) private {
        vm.expectRevert(abi.encodeWithSelector(IAssets.IssuerInvalid.selector, issuer, kind));
        vm.prank(operator);
        ledger.registerAsset(POUND, kind, issuer, DayRule.UtcDay);
    }
}
