// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAcceptances} from "../../src/interfaces/IAcceptances.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {AccountId, AssetId, accountId} from "../../src/types/Identifiers.sol";
import {Approval} from "../../src/types/Instruction.sol";
import {ModuleStatus} from "../../src/types/Kinds.sol";
import {Instruction, Set} from "../../src/types/Legs.sol";
import {bound, vm} from "../Vm.sol";
import {Disrupting} from "./Disrupting.sol";

/// @notice What happens to modules and days while instructions wait, and who tries what it may not.
///
/// No step tries to enter a contract again: `Settlement` calls the ledger, the participants and the access manager, the ledger the
/// latter two and its administration, and none of these calls anybody's code; there is no token, receiver or hook to call back.
contract Campaign is Disrupting {
    uint256 private _generation;
    uint256 private _stage;

    // The issuer and the operator

    /// @notice A court orders a move, also out of a barred account; what is not there it does not move, and the order is taken back.
    function orderByCourt(uint256 seed) external {
        AssetId asset = assets[seed % 2];
        (Actor memory from, Actor memory to) = (banks[(seed >> 8) % 3], banks[((seed >> 8) + 1) % 3]);
        int256 balance = balanceOf(asset, from);
        if (balance <= 0) return;
        uint64 amount = uint64(bound(seed >> 16, 1, uint256(balance) + uint256(balance) / 8));
        bytes memory call = abi.encodeCall(ledger.moveByCourtOrder, (asset, from.id, to.id, amount, DOCUMENT));

        propose(centralBank, address(ledger), call);
        wait(DELAY);
        if (int256(uint256(amount)) > balance) {
            expectFailure(centralBank.first, address(ledger), call);
            return send(centralBank.second, address(ledger), abi.encodeCall(ledger.cancelChange, (call)));
        }
        send(centralBank.first, address(ledger), call);
        available[asset][from.id] -= int256(uint256(amount));
        available[asset][to.id] += int256(uint256(amount));
    }

    /// @notice The issuer changes what lapses and who is asked.
    function setRules(uint256 seed) external watched {
        AssetId asset = assets[seed % 2];
        bytes memory call =
            abi.encodeCall(ledger.setWaitingRules, (asset, (seed >> 8) % 3 == 0, (seed >> 16) % 3 == 0));
        change(centralBank, address(ledger), call);
    }

    /// @notice The day is cut off, and opened again.
    function cutOffOrOpen(uint256 seed) external watched {
        bool isCutOff = ledger.assetOf(USD).isCutOff;
        if (!isCutOff && seed % 4 != 0) return;
        vm.prank(operator);
        if (isCutOff) ledger.open(USD);
        else ledger.cutOff(USD);
    }

    /// @notice A module is paused in mid-flight, and resumed after a while.
    function pauseOrResume(uint256 seed) external watched {
        pauseOrResumeOne(address(modules[seed % 3]), (seed >> 8) % 3 == 0);
    }

    /// @notice Payments and the ledger itself are paused: nobody pays, is issued or redeems; a second pause begins anew.
    function pauseAll(uint256 seed) external watched {
        address[2] memory all = [address(payments), address(ledger)];
        for (uint256 i; i < 2; ++i) {
            pause(all[i]);
        }
        Actor memory bank = banks[seed % 3];
        bytes memory call = abi.encodeCall(payments.pay, (batchOf(terms(USD, bank, centralBank, 1)), none()));
        expectFailure(bank.pay, address(payments), call);
        call = abi.encodeCall(ledger.requestRedemption, (terms(USD, bank, centralBank, 1), DOCUMENT, none()));
        expectFailure(bank.pay, address(ledger), call);
        call = abi.encodeCall(ledger.issue, (terms(USD, centralBank, bank, 1), DOCUMENT, none()));
        expectFailure(centralBank.pay, address(ledger), call);
        for (uint256 i; i < 4; ++i) {
            if (i == 2) wait(DELAY);
            vm.prank(operator);
            ledger.resume(all[i % 2]);
        }
    }

    /// @notice A module is replaced in steps, with instructions in it: the next one proposed and trusted beside it, the old one closed,
    /// swept empty and dropped.
    function replaceModule(uint256) external watched {
        if (_generation == 2) return;
        (ISettlement old, ISettlement next) = (modules[_generation], modules[_generation + 1]);
        vm.startPrank(address(quorum));
        if (_stage == 0) ledger.proposeModule(address(next));
        if (_stage == 1) {
            wait(DELAY);
            ledger.acceptModule(address(next));
        }
        if (_stage == 2) ledger.closeModule(address(old));
        vm.stopPrank();
        if (_stage == 3) dropModule(old);

        if (_stage == 3) ++_generation;
        _stage = (_stage + 1) % 4;
    }

    function dropModule(ISettlement old) private {
        settlement = old;
        for (uint256 i = live.length; i > 0; --i) {
            bytes32 digest = live[i - 1];
            if (address(moduleOf[digest]) != address(old)) continue;
            vm.recordLogs();
            sweep(instructionOf(digest));
            require(bookInstructions(banks[0].id, false) == 0, "a closing module settled something");
        }
        vm.prank(address(quorum));
        ledger.dropModule(address(old));
        (ModuleStatus status,) = ledger.moduleStatus(address(old));
        require(status == ModuleStatus.Dropped, "an empty module was not dropped");
    }

    // The attackers

    /// @notice What has ended never settles, in whichever module and by whomever it is sent again.
    function replay(uint256 seed) external watched {
        if (endedOnes.length == 0 || !chooseModule(seed >> 64)) return;
        Instruction memory instruction = endedOnes[seed % endedOnes.length];
        Actor memory initiator = bankOf(instruction);

        vm.recordLogs();
        submit(initiator, instruction);
        settle(operator, setOf(instruction));
        for (uint256 i; i < 3; ++i) {
            Approval[] memory approvals = consentOf(banks[i], instruction);
            bytes memory call = abi.encodeCall(settlement.affirm, (instruction, true, approvals));
            expectFailure(banks[i].pay, address(settlement), call);
        }
        sweep(instruction);
        require(bookInstructions(initiator.id, false) == 0, "a replayed instruction settled");
    }

    /// @notice Who lacks the key, the name or the trust consents to nothing; a changed instruction is another one.
    function forge(uint256 seed) external watched {
        (bool found,, Instruction memory instruction) = chooseLive(seed);
        if (!found) return;
        Actor memory victim = banks[(seed >> 8) % 3];
        address[6] memory wrong =
            [stranger, victim.approve, victim.first, operator, guardian, address(quorum)];
        address attacker = wrong[(seed >> 16) % 6];
        address target = address(settlement);

        expectFailure(attacker, target, abi.encodeCall(settlement.affirm, (instruction, true, none())));
        expectFailure(attacker, target, abi.encodeCall(settlement.withdraw, (instruction)));
        expectFailure(attacker, target, abi.encodeCall(settlement.hold, (instruction)));
        expectFailure(attacker, target, abi.encodeCall(settlement.setUrgency, (instruction, true)));
        bytes memory call = abi.encodeCall(settlement.submit, (listOf(instruction), 0, none()));
        expectFailure(attacker, target, call);
        expectFailure(otherThan(bankOf(instruction)).pay, target, call);
        forgeAtLedger(seed, instruction, attacker);

        instruction.legs[0] = leg(USD, victim, otherThan(victim), 1);
        call = abi.encodeCall(settlement.affirm, (instruction, true, none()));
        expectFailure(victim.pay, target, call);
    }

    function forgeAtLedger(uint256 seed, Instruction memory instruction, address attacker) private {
        AccountId[] memory accounts = new AccountId[](1);
        accounts[0] = accountId(USD, banks[seed % 3].id);
        bytes memory call = abi.encodeCall(
            ledger.accept,
            (instruction.head, "", banks[seed % 3].id, IAcceptances.Step.Settle, 0, instruction.legs, none())
        );

        expectFailure(attacker, address(ledger), call);
        call = abi.encodeCall(ledger.settleSet, (instruction.legs, attacker, true));
        expectFailure(attacker, address(ledger), call);
        call = abi.encodeCall(ledger.countUrgent, (accounts, (seed >> 24) % 2 == 0));
        expectFailure(attacker, address(ledger), call);
    }

    /// @notice A module that is not trusted, not yet or no more, takes no consent and settles nothing.
    function useUntrusted(uint256 seed) external watched {
        settlement = modules[seed % 3];
        if (isTrusted(settlement)) return;
        Actor memory bank = banks[(seed >> 8) % 3];
        address target = address(settlement);
        Instruction memory instruction = payment(USD, bank, otherThan(bank), 1);

        bytes memory call = abi.encodeCall(settlement.submit, (listOf(instruction), 0, none()));
        expectFailure(bank.pay, target, call);
        Set[] memory sets = new Set[](1);
        sets[0] = chooseSet(seed & ~(uint256(255) << 40) | 1 << 40);
        call = abi.encodeCall(settlement.settle, (sets));
        vm.recordLogs();
        if (sets[0].instructions.length == 0) expectFailure(operator, target, call);
        else attempt(operator, call);
        require(bookInstructions(bank.id, true) == 0, "a module settled without trust");
    }

    /// @notice Many proposals to one bank, taken back at once, leave nothing but used sequences.
    function spam(uint256 seed) external watched {
        if (live.length > 4 || !chooseModule(seed)) return;
        Actor memory bank = banks[seed % 3];
        for (uint256 i; i < 4; ++i) {
            Instruction memory made = exchange(bank, otherThan(bank), 1, 1);
            vm.recordLogs();
            submit(bank, made);
            if (waiting(made).acceptedAt != 0) withdraw(bank, made);
            bookInstructions(bank.id, false);
        }
    }

    function bankOf(Instruction memory instruction) private view returns (Actor memory) {
        for (uint256 i; i < 2; ++i) {
            if (banks[i].id == instruction.head.initiator()) return banks[i];
        }
        return banks[2];
    }

    function otherThan(Actor memory bank) private view returns (Actor memory) {
        return banks[0].id == bank.id ? banks[1] : banks[0];
    }
}
