// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {
    Approval,
    CONFIRM_REDEMPTION,
    PAY,
    Payment,
    REQUEST_REDEMPTION,
    Refusal
} from "../../src/types/Instruction.sol";
import {Terms} from "../../src/types/Terms.sol";
import {bound, vm} from "../Vm.sol";
import {Books} from "./Books.sol";

/// @notice What three banks, their central bank, the operator and an attacker do all day, in any order. Every step is bounded
/// so that it never reverts: a revert is a finding.
abstract contract Traffic is Books {
    uint256 public settled;
    Terms[] private _requested;

    function ledgerUnderTest() external view returns (address) {
        return address(ledger);
    }

    // The banks

    /// @notice A batch of up to eight payments, good and bad, some with approvals, good and bad.
    function pay(uint256 seed) external watched {
        Actor memory payer = banks[seed % 3];
        Payment[] memory batch = new Payment[](1 + (seed >> 8) % 8);
        Approval[] memory approvals = new Approval[](batch.length);
        uint256 count;
        for (uint256 i; i < batch.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            batch[i] = Payment({terms: anyTerms(payer, seed), commitment: DOCUMENT});
            if (seed % 6 < 2) continue;

            bool isGood = seed % 6 < 5;
            approvals[count++] = signed(
                isGood ? payer.approverKey : banks[(seed >> 9) % 3].approverKey + 1,
                PAY,
                batch[i].terms,
                uint32(i),
                uint40(vm.getBlockTimestamp() + 1 hours)
            );
            approved[batch[i].terms] = isGood;
        }
        assembly ("memory-safe") {
            mstore(approvals, count)
        }

        vm.recordLogs();
        vm.prank(payer.pay);
        payments.pay(batch, approvals);
        settled += bookPayments();

        for (uint256 i; i < batch.length; ++i) {
            approved[batch[i].terms] = false;
        }
    }

    /// @dev Terms of which most are good: few sequences, so that they meet again; payees from nobody to everybody.
    function anyTerms(Actor memory payer, uint256 seed) private view returns (Terms) {
        AssetId asset = assets[(seed >> 16) % 2];
        int256 funds = balanceOf(asset, payer) + int256(uint256(ledger.accountOf(asset, payer.id).credit));
        uint256 most = funds > 0 ? uint256(funds) + 1 : 1;

        return packed(
            (seed >> 24) % 2 == 0,
            uint64((seed >> 32) % 700),
            asset,
            payer.id,
            (seed >> 48) % 4 == 0 ? ParticipantId.wrap(uint32((seed >> 52) % 8)) : banks[(seed >> 52) % 3].id,
            uint64((seed >> 64) % ((seed >> 56) % 4 == 0 ? most : most / 20 + 1))
        );
    }

    /// @notice A bank asks for redemption, where the rules let it.
    function requestRedemption(uint256 seed) external watched {
        Actor memory holder = banks[seed % 3];
        AssetId asset = assets[(seed >> 8) % 2];
        uint256 most = uint256(bound(seed >> 16, 1, FUNDS / 4));
        Terms instruction =
            packed(true, uint64((seed >> 128) % 700), asset, holder.id, centralBank.id, uint64(most));
        Approval[] memory approvals = approvalOf(holder, REQUEST_REDEMPTION, instruction);
        approved[instruction] = true;

        vm.prank(holder.pay);
        try ledger.requestRedemption(instruction, DOCUMENT, approvals) {
            bookRequested(instruction);
            _requested.push(instruction);
        } catch (bytes memory reason) {
            require(bytes4(reason) == bytes4(refusedBy(instruction, Refusal.None)), "no refusal");
        }
        approved[instruction] = false;
    }

    /// @notice A bank burns sequences, also used ones.
    function void(uint256 seed) external watched {
        Sequence[] memory sequences = new Sequence[](3);
        for (uint256 i; i < 3; ++i) {
            sequences[i] = Sequence.wrap(uint64((seed >> (i * 16)) % 700));
        }

        vm.recordLogs();
        vm.prank(banks[(seed >> 64) % 3].pay);
        ledger.void(sequences);
        bookVoided();
    }

    /// @notice A bank changes its reserve, its limits and its threshold.
    function steer(uint256 seed) external watched {
        Actor memory bank = banks[seed % 3];
        AssetId asset = assets[(seed >> 8) % 2];
        uint64 amount = uint64((seed >> 16) % FUNDS);

        if ((seed >> 80) % 2 == 0) {
            vm.prank(bank.pay);
            ledger.setReserve(asset, amount / 8);
        }
        uint64 perDay = (seed >> 81) % 2 == 0 ? MAX_AMOUNT : 20 * amount;
        change(bank, address(ledger), abi.encodeCall(ledger.setLimits, (asset, MAX_AMOUNT, MAX_AMOUNT)));
        if ((seed >> 82) % 2 == 0) {
            vm.prank(bank.first);
            ledger.setLimits(asset, FUNDS / 8 + amount, perDay);
        }
        change(bank, address(ledger), abi.encodeCall(ledger.setThreshold, (DOLLAR, MAX_AMOUNT)));
        vm.prank(bank.first);
        ledger.setThreshold(DOLLAR, 2 * amount);
    }

    /// @notice A bank limits its net outflow towards another; it never raises the limit, so the books need no reset.
    function limitTowards(uint256 seed) external watched {
        Actor memory bank = banks[seed % 3];
        ParticipantId other = banks[(seed % 3 + 1 + (seed >> 8) % 2) % 3].id;
        AssetId asset = assets[(seed >> 16) % 2];
        uint64 present = ledger.bilateralLimitOf(asset, bank.id, other).limit;
        if (present == 0) present = FUNDS;

        vm.prank(bank.first);
        ledger.setBilateralLimit(asset, other, uint64(bound(seed >> 24, present / 2, present)));
    }

    /// @notice A bank stops itself, or lifts its stop.
    function stopOrResume(uint256 seed) external watched {
        Actor memory bank = banks[seed % 3];
        if (participants.participantOf(bank.id).outgoingStopped) {
            change(bank, address(participants), abi.encodeCall(participants.resumeOutgoing, ()));
        } else if (seed % 5 == 0) {
            vm.prank(bank.second);
            participants.stopOutgoing();
        }
    }

    // The central bank

    /// @notice Units come into being.
    function issueTo(uint256 seed) external watched {
        AssetId asset = assets[(seed >> 8) % 2];
        Actor memory holder = banks[seed % 3];
        uint64 amount = uint64(bound(seed >> 16, 1, 1e12));
        Terms instruction = terms(asset, centralBank, holder, amount);

        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, none());

        end(instruction);
        issued[asset] += amount;
        available[asset][holder.id] += int256(uint256(amount));
    }

    /// @notice A requested redemption is confirmed or refused, or confirmed in vain.
    function answer(uint256 seed) external watched {
        if (_requested.length == 0) return;
        uint256 place = seed % _requested.length;
        Terms instruction = _requested[place];
        AssetId asset = instruction.asset();

        // Units that are drawn credit of others were never issued, so they cannot cease to be either.
        bool isCovered = ledger.assetOf(asset).supply >= instruction.amount();
        vm.prank(centralBank.pay);
        if ((seed >> 128) % 2 == 0 && isCovered) {
            try ledger.confirmRedemption(instruction, DOCUMENT, none()) {
                redeemed[asset] += instruction.amount();
            } catch (bytes memory reason) {
                require(bytes4(reason) == bytes4(refusedBy(instruction, Refusal.None)), "no refusal");
                return;
            }
        } else {
            ledger.refuseRedemption(instruction, DOCUMENT);
            available[asset][instruction.payer()] += int256(uint256(instruction.amount()));
        }
        locked[asset][instruction.payer()] -= instruction.amount();
        forget(place);
    }

    /// @notice A holder withdraws a redemption that nobody has answered, whatever its standing.
    function withdraw(uint256 seed) external watched {
        if (_requested.length == 0 || seed % 2 == 0) return;
        uint256 place = (seed >> 8) % _requested.length;
        Terms instruction = _requested[place];
        (AssetId asset, ParticipantId holder) = (instruction.asset(), instruction.payer());

        for (uint256 i; i < banks.length; ++i) {
            bytes memory call = abi.encodeCall(ledger.withdrawRedemption, (instruction, DOCUMENT));
            if (banks[i].id == holder) send(banks[i].pay, address(ledger), call);
            else expectFailure(banks[i].pay, address(ledger), call);
        }
        available[asset][holder] += int256(uint256(instruction.amount()));
        locked[asset][holder] -= instruction.amount();
        forget(place);
    }

    function forget(uint256 place) private {
        _requested[place] = _requested[_requested.length - 1];
        _requested.pop();
    }

    /// @notice Credit lines go up (two keys) and down (one), not below what is drawn.
    function lend(uint256 seed) external watched {
        AssetId asset = assets[(seed >> 8) % 2];
        Actor memory holder = banks[seed % 3];
        int256 balance = balanceOf(asset, holder);
        uint256 drawn = balance < 0 ? uint256(-balance) : 0;
        uint64 amount = uint64(drawn + (seed >> 16) % 1e9);
        bytes memory call = abi.encodeCall(ledger.setCredit, (asset, holder.id, amount));

        if (amount > ledger.accountOf(asset, holder.id).credit) change(centralBank, address(ledger), call);
        else send(centralBank.first, address(ledger), call);
        if (drawn == 0) return;
        call = abi.encodeCall(ledger.setCredit, (asset, holder.id, uint64(drawn) - 1));
        expectFailure(centralBank.first, address(ledger), call);
    }

    // The operator and time

    /// @notice Accounts are frozen and free again, by the operator, the issuer or both; participants are suspended and resumed.
    function bar(uint256 seed) external watched {
        Actor memory bank = banks[seed % 3];
        AssetId asset = assets[(seed >> 8) % 2];

        (bool byIssuer, bool byOperator) = ledger.freezesOf(asset, bank.id);
        freezeOrLift(asset, bank.id, operator, byOperator, seed % 8 == 0);
        freezeOrLift(asset, bank.id, centralBank.first, byIssuer, (seed >> 16) % 8 == 0);
        vm.startPrank(operator);
        if (participants.participantOf(bank.id).suspended) participants.resume(bank.id);
        else if (seed % 13 == 0) participants.suspend(bank.id);
        vm.stopPrank();
    }

    function freezeOrLift(AssetId asset, ParticipantId holder, address freezer, bool isFrozen, bool freezes)
        private
    {
        if (freezes == isFrozen) return;

        vm.prank(freezer);
        if (freezes) ledger.freeze(asset, holder);
        else ledger.unfreeze(asset, holder);
    }

    /// @notice Days end.
    function passTime(uint256 seed) external watched {
        wait(bound(seed, 12 hours, 30 hours));
        if (seed % 3 != 0) return;
        vm.prank(operator);
        ledger.close(USD);
    }

    // The attacker

    /// @notice Whoever lacks the role, the trust or the signature moves nothing.
    function attack(uint256 seed) external watched {
        Actor memory victim = banks[seed % 3];
        Actor memory thief = banks[(seed % 3 + 1) % 3];
        Terms theft = packed(true, uint64((seed >> 8) % 700), USD, victim.id, thief.id, 1);
        Payment[] memory batch = batchOf(theft);
        address[6] memory wrong =
            [thief.pay, thief.first, victim.approve, victim.first, operator, address(quorum)];
        address attacker = wrong[(seed >> 16) % 6];

        expectFailure(attacker, address(payments), abi.encodeCall(payments.pay, (batch, none())));
        expectFailure(attacker, address(ledger), abi.encodeCall(ledger.move, (victim.id, batch, none())));
        expectFailure(attacker, address(ledger), abi.encodeCall(ledger.issue, (theft, DOCUMENT, none())));
        expectFailure(
            attacker, address(ledger), abi.encodeCall(ledger.confirmRedemption, (theft, DOCUMENT, none()))
        );
        expectFailure(
            attacker, address(ledger), abi.encodeCall(ledger.setCredit, (USD, thief.id, MAX_AMOUNT / 2))
        );
    }

    function expectFailure(address sender, address target, bytes memory call) internal {
        vm.prank(sender);
        (bool done,) = target.call(call);
        require(!done, "an attack succeeded");
    }
}
