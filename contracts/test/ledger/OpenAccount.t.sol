// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IAssets} from "../../src/interfaces/IAssets.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {AssetKind, DayRule, ParticipantKind} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract OpenAccountTest is Stage {
    ParticipantId private dave;

    function setUp() public override {
        super.setUp();
        dave = enter("dave", ParticipantKind.Bank, NOBODY).id;
        setThreshold(dave, THRESHOLD);
    }

    /// @notice An account is of an asset that is there.
    function testUnknownAsset() external {
        AssetId unknown = AssetId.wrap(1);

        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetUnknown.selector, unknown));
        vm.prank(operator);
        ledger.openAccount(unknown, dave);
    }

    /// @notice Only the issuer's administer key or the operator opens accounts.
    function testIssuerOrOperatorOnly() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuerNorOperator.selector, USD, alice.first));
        vm.prank(alice.first);
        ledger.openAccount(USD, dave);
    }

    /// @notice Corporates hold receivables, never cash; auditors and nobody hold nothing.
    function testHolder() external {
        vm.startPrank(operator);
        AssetId receivable = ledger.registerAsset(DOLLAR, AssetKind.Receivable, alice.id, DayRule.UtcDay);
        ledger.openAccount(receivable, corporate.id);
        vm.stopPrank();

        expectInvalid(USD, corporate.id);
        expectInvalid(USD, auditor);
        expectInvalid(receivable, auditor);
        expectInvalid(USD, ParticipantId.wrap(99));
    }

    /// @notice Before a participant holds anything its first thresholds are set: otherwise the operator could lift its four eyes
    /// later, alone and at once.
    function testFirstThresholdsMissing() external {
        ParticipantId erin = enter("erin", ParticipantKind.Bank, NOBODY).id;

        vm.expectRevert(abi.encodeWithSelector(IAssets.FirstThresholdsMissing.selector, erin));
        vm.prank(operator);
        ledger.openAccount(USD, erin);
    }

    /// @notice An account is opened once.
    function testTwice() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsOpen.selector, USD, alice.id));
        vm.prank(operator);
        ledger.openAccount(USD, alice.id);
    }

    /// @notice A fresh account is empty and unlimited, without reserve or credit.
    function testOpens(bool byIssuer) external {
        vm.expectEmit(address(ledger));
        emit IAccounts.AccountOpened(USD, dave);
        vm.prank(byIssuer ? centralBank.first : operator);
        ledger.openAccount(USD, dave);

        IAccounts.Account memory fresh;
        fresh.open = true;
        fresh.perInstruction = MAX_AMOUNT;
        fresh.perDay = MAX_AMOUNT;
        vm.assertEq(abi.encode(fresh), abi.encode(ledger.accountOf(USD, dave)));
        vm.assertEq(uint256(0), ledger.lockedOf(USD, dave));
    }

    function expectInvalid(AssetId asset, ParticipantId holder) private {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.HolderInvalid.selector, asset, holder));
        vm.prank(operator);
        ledger.openAccount(asset, holder);
    }
}
