// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IAssets} from "../../src/interfaces/IAssets.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId} from "../../src/types/Identifiers.sol";
import {AssetKind, DayRule, ModuleStatus} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

/// @notice The ledger's second address: what runs there as the ledger, and that it is nothing by itself.
contract AdministrationTest is Stage {
    ILedger private administration;

    function setUp() public override {
        super.setUp();
        administration = ILedger(ledger.administration());
    }

    // At its own address

    /// @notice The operator and the guardian are nobody there.
    function testNoRoles() external {
        address[] memory modules = new address[](1);
        IConsents.FirstThreshold[] memory thresholds = new IConsents.FirstThreshold[](0);
        bytes[3] memory calls = [
            abi.encodeCall(
                ledger.registerAsset, (EURO, AssetKind.CentralBankMoney, centralBank.id, DayRule.UtcDay)
            ),
            abi.encodeCall(ledger.setFirstThresholds, (alice.id, thresholds)),
            abi.encodeCall(ledger.resume, (address(payments)))
        ];
        for (uint256 i; i < calls.length; ++i) {
            vm.expectRevert(unauthorised(operator));
            send(operator, address(administration), calls[i]);
        }
        vm.expectRevert(unauthorised(guardian));
        send(guardian, address(administration), abi.encodeCall(ledger.pause, (modules)));
    }

    /// @notice There is no asset there, so no issuer and no day.
    function testNoAssets() external {
        bytes memory unknown = abi.encodeWithSelector(IAssets.AssetUnknown.selector, USD);
        bytes[9] memory calls = [
            abi.encodeCall(ledger.cutOff, (USD)),
            abi.encodeCall(ledger.close, (USD)),
            abi.encodeCall(ledger.open, (USD)),
            abi.encodeCall(ledger.openAccount, (USD, alice.id)),
            abi.encodeCall(ledger.freeze, (USD, alice.id)),
            abi.encodeCall(ledger.unfreeze, (USD, alice.id)),
            abi.encodeCall(ledger.setWaitingRules, (USD, true, true)),
            abi.encodeCall(ledger.setCredit, (USD, alice.id, 1)),
            abi.encodeCall(ledger.moveByCourtOrder, (USD, alice.id, bob.id, 1, DOCUMENT))
        ];
        for (uint256 i; i < calls.length; ++i) {
            vm.expectRevert(unknown);
            send(centralBank.first, address(administration), calls[i]);
        }
    }

    /// @notice There is no account there.
    function testNoAccounts() external {
        bytes memory notOpen = abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, alice.id);
        vm.expectRevert(notOpen);
        send(alice.pay, address(administration), abi.encodeCall(ledger.setReserve, (USD, 1)));
        vm.expectRevert(notOpen);
        send(alice.first, address(administration), abi.encodeCall(ledger.setLimits, (USD, 1, 1)));
        vm.expectRevert(notOpen);
        bytes memory call = abi.encodeCall(ledger.setBilateralLimit, (USD, bob.id, 1));
        send(alice.first, address(administration), call);
        vm.assertEq(false, administration.accountOf(USD, alice.id).open);
    }

    /// @notice What it lets somebody write there changes nothing of the ledger: a participant's own threshold, and what the quorum,
    /// which may call everything that has no role, does to books that nobody reads.
    function testWritesNothingOfTheLedger() external {
        IConsents.Threshold memory threshold = ledger.thresholdOf(alice.id, DOLLAR);
        send(alice.first, address(administration), abi.encodeCall(ledger.setThreshold, (DOLLAR, 0)));
        propose(alice, address(administration), abi.encodeCall(ledger.setThreshold, (DOLLAR, MAX_AMOUNT)));
        wait(DELAY);
        send(alice.first, address(administration), abi.encodeCall(ledger.setThreshold, (DOLLAR, MAX_AMOUNT)));
        vm.startPrank(address(quorum));
        administration.proposeModule(address(quorum));
        administration.dropModule(address(quorum));
        vm.stopPrank();
        vm.assertEq(uint256(MAX_AMOUNT), administration.thresholdOf(alice.id, DOLLAR).amount);

        vm.assertEq(uint256(threshold.amount), ledger.thresholdOf(alice.id, DOLLAR).amount);
        (ModuleStatus status,) = ledger.moduleStatus(address(quorum));
        vm.assertEq(uint256(ModuleStatus.None), uint256(status));
    }

    /// @notice It moves no value: it has none of those verbs.
    function testMovesNothing() external {
        address target = address(administration);
        bytes[4] memory calls = [
            abi.encodeCall(ledger.move, (alice.id, batchOf(terms(USD, alice, bob, 1)), none())),
            abi.encodeCall(ledger.issue, (terms(USD, centralBank, bob, 1), DOCUMENT, none())),
            abi.encodeCall(ledger.unlock, (USD, alice.id, 1)),
            abi.encodeCall(ledger.requestRedemption, (terms(USD, alice, bob, 1), DOCUMENT, none()))
        ];
        for (uint256 i; i < calls.length; ++i) {
            vm.prank(address(payments));
            (bool done, bytes memory answer) = target.call(calls[i]);
            vm.assertEq(false, done);
            vm.assertEq(uint256(0), answer.length);
        }
    }

    // As the ledger

    /// @notice The ledger's other half answers and writes at the ledger's address, in the ledger's name.
    function testRunsAsTheLedger() external {
        vm.expectEmit(address(ledger));
        emit IAccounts.ReserveSet(USD, alice.id, 7);
        vm.prank(alice.pay);
        ledger.setReserve(USD, 7);

        vm.assertEq(uint256(7), ledger.accountOf(USD, alice.id).reserve);
        vm.assertEq(uint256(0), administration.accountOf(USD, alice.id).reserve);
        vm.assertEq(uint256(DELAY), ledger.delay());
        vm.assertEq(address(participants), address(administration.participants()));
        vm.assertEq(false, ledger.domainSeparator() == administration.domainSeparator());
    }

    /// @notice Its errors come through as they are, with what they carry.
    function testErrors(uint32 asset) external {
        AssetId unknown = AssetId.wrap(uint32(bound(asset, 1000, type(uint32).max)));

        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetUnknown.selector, unknown));
        vm.prank(operator);
        ledger.close(unknown);
    }

    /// @notice What neither half knows is refused, with and without data.
    function testUnknownSelector(bytes4 selector, bytes calldata data) external {
        bytes memory call = abi.encodePacked(bytes4(0xfeedface) ^ (selector & 0x00000001), data);
        vm.expectRevert(abi.encodeWithSelector(Errors.FailedCall.selector));
        send(stranger, address(ledger), call);
        vm.expectRevert(abi.encodeWithSelector(Errors.FailedCall.selector));
        send(stranger, address(ledger), "");
    }

    /// @notice It takes no ether, with or without data.
    function testEther() external {
        bytes[2] memory calls = [bytes(""), abi.encodeCall(ledger.dayOf, (USD))];
        for (uint256 i; i < 2; ++i) {
            (bool done, bytes memory answer) = address(ledger).call{value: 1}(calls[i]);
            vm.assertEq(false, done);
            vm.assertEq(uint256(0), answer.length);
        }
        vm.assertEq(uint256(0), address(ledger).balance);
    }
}
