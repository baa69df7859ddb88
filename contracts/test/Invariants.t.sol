// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../src/interfaces/IAccounts.sol";
import {IAssets} from "../src/interfaces/IAssets.sol";
import {ILedger} from "../src/interfaces/ILedger.sol";
import {MAX_AMOUNT} from "../src/types/Amounts.sol";
import {AssetId, ParticipantId} from "../src/types/Identifiers.sol";
import {vm} from "./Vm.sol";
import {Campaign} from "./invariants/Campaign.sol";

/// @notice What holds after any sequence of steps. What holds within a step (sequences end once, floors, limits, thresholds,
/// barred holdings, consents, instructions and cycles end once and as a whole, counters, no attack succeeds) is required in the steps
/// themselves: see `invariants/Books.sol`, `invariants/Instructed.sol` and `invariants/Cycled.sol`.
contract InvariantsTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Campaign private traffic;
    ILedger private ledger;

    function setUp() external {
        traffic = new Campaign();
        traffic.setUp();
        ledger = ILedger(traffic.ledgerUnderTest());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(traffic);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory selectors) {
        bytes4[40] memory steps = [
            traffic.pay.selector,
            traffic.requestRedemption.selector,
            traffic.void.selector,
            traffic.steer.selector,
            traffic.limitTowards.selector,
            traffic.stopOrResume.selector,
            traffic.issueTo.selector,
            traffic.answer.selector,
            traffic.withdraw.selector,
            traffic.lend.selector,
            traffic.bar.selector,
            traffic.passTime.selector,
            traffic.attack.selector,
            traffic.submitSome.selector,
            traffic.affirmOne.selector,
            traffic.takeBack.selector,
            traffic.settleSome.selector,
            traffic.manage.selector,
            traffic.sweepSome.selector,
            traffic.orderByCourt.selector,
            traffic.setRules.selector,
            traffic.cutOffOrOpen.selector,
            traffic.pauseOrResume.selector,
            traffic.pauseAll.selector,
            traffic.replaceModule.selector,
            traffic.replay.selector,
            traffic.forge.selector,
            traffic.useUntrusted.selector,
            traffic.spam.selector,
            traffic.proposeCycle.selector,
            traffic.affirmCycle.selector,
            traffic.withdrawCycle.selector,
            traffic.settleCycle.selector,
            traffic.sweepCycle.selector,
            traffic.barAtLast.selector,
            traffic.pauseOrResumeNetting.selector,
            traffic.replaceNetting.selector,
            traffic.replayCycle.selector,
            traffic.reuseCounters.selector,
            traffic.forgeCycle.selector
        ];
        // Half of the steps are payments and what instructions and cycles live through.
        bytes4[8] memory often = [
            traffic.pay.selector,
            traffic.submitSome.selector,
            traffic.affirmOne.selector,
            traffic.submitSome.selector,
            traffic.proposeCycle.selector,
            traffic.settleSome.selector,
            traffic.affirmOne.selector,
            traffic.affirmCycle.selector
        ];
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector({addr: address(traffic), selectors: new bytes4[](2 * steps.length)});
        for (uint256 i; i < steps.length; ++i) {
            selectors[0].selectors[i] = steps[i];
            selectors[0].selectors[steps.length + i] = often[i % often.length];
        }
    }

    /// @dev One campaign for all: the steps cost more than the checks.
    function invariantLedger() external view {
        checkConservation();
        checkBooks();
        checkCredit();
        checkFreezes();
        traffic.checkRecount();
        traffic.checkCycles();
    }

    /// @notice Per asset, balances and locks sum to what was issued less what was redeemed.
    function checkConservation() private view {
        AssetId[2] memory assets = [AssetId.wrap(840), AssetId.wrap(978)];
        for (uint256 i; i < assets.length; ++i) {
            int256 held;
            for (uint32 holder = 1; holder <= 7; ++holder) {
                held += ledger.accountOf(assets[i], ParticipantId.wrap(holder)).balance;
                held += int256(uint256(ledger.lockedOf(assets[i], ParticipantId.wrap(holder))));
            }
            IAssets.Asset memory asset = ledger.assetOf(assets[i]);

            vm.assertEq(int256(traffic.issued(assets[i]) - traffic.redeemed(assets[i])), held);
            vm.assertEq(int256(uint256(asset.supply)), held);
        }
    }

    /// @notice Every balance and every lock is what the events add up to.
    function checkBooks() private view {
        AssetId[2] memory assets = [AssetId.wrap(840), AssetId.wrap(978)];
        for (uint256 i; i < assets.length; ++i) {
            for (uint32 holder = 1; holder <= 7; ++holder) {
                ParticipantId id = ParticipantId.wrap(holder);
                vm.assertEq(traffic.available(assets[i], id), ledger.accountOf(assets[i], id).balance);
                vm.assertEq(traffic.locked(assets[i], id), ledger.lockedOf(assets[i], id));
            }
        }
    }

    /// @notice Supply and credit lines stay within the largest amount, the sum of credit lines is that of the accounts, and no
    /// balance is below its own: so no balance can wrap.
    function checkCredit() private view {
        AssetId[2] memory assets = [AssetId.wrap(840), AssetId.wrap(978)];
        for (uint256 i; i < assets.length; ++i) {
            uint256 credit;
            for (uint32 holder = 1; holder <= 7; ++holder) {
                IAccounts.Account memory account = ledger.accountOf(assets[i], ParticipantId.wrap(holder));
                vm.assertEq(true, int256(account.balance) >= -int256(uint256(account.credit)));
                credit += account.credit;
            }
            IAssets.Asset memory asset = ledger.assetOf(assets[i]);

            vm.assertEq(credit, asset.credit);
            vm.assertEq(true, uint256(asset.supply) + asset.credit <= MAX_AMOUNT);
        }
    }

    /// @notice An account is frozen while the issuer or the operator has frozen it.
    function checkFreezes() private view {
        AssetId[2] memory assets = [AssetId.wrap(840), AssetId.wrap(978)];
        for (uint256 i; i < assets.length; ++i) {
            for (uint32 holder = 1; holder <= 7; ++holder) {
                ParticipantId id = ParticipantId.wrap(holder);
                (bool byIssuer, bool byOperator) = ledger.freezesOf(assets[i], id);
                vm.assertEq(byIssuer || byOperator, ledger.accountOf(assets[i], id).frozen);
            }
        }
    }
}
