// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../../src/interfaces/INetting.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Cycle, CycleNumber, CyclePosition, CycleStatus} from "../../src/types/Cycle.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, NET} from "../../src/types/Instruction.sol";
import {ModuleStatus} from "../../src/types/Kinds.sol";
import {vm} from "../Vm.sol";
import {Cycling} from "./Cycling.sol";

/// @notice What happens to cycles, their members and their modules in mid-flight, and who tries what it may not.
abstract contract Disrupting is Cycling {
    uint256 private _netting;
    bool private _isClosing;

    // In mid-flight

    /// @notice A member is suspended or frozen before the last affirms: then the cycle waits, with what was brought.
    function barAtLast(uint256 seed) external watched {
        if (openOnes.length == 0) return;
        bytes32 digest = chooseOpen(seed);
        Cycle memory made = cycleNamed(digest);
        for (uint256 i; i < 4 && missing(made, digest) > 1; ++i) {
            affirmAs(1 << 200, members[missingAt(seed >> 16 | 1 << 8, digest)], digest);
        }
        ParticipantId barred = CyclePosition.wrap(made.positions[(seed >> 32) % 2]).participant();
        if (isBarred(made.asset, barred)) return;
        vm.prank(operator);
        if ((seed >> 40) % 2 == 0) participants.suspend(barred);
        else ledger.freeze(made.asset, barred);

        affirmAs(1 << 200, members[missingAt(seed >> 16 | 1 << 8, digest)], digest);
        require(statusOf(digest) == CycleStatus.Open, "a cycle settled with a barred member");
    }

    /// @notice A netting module is paused in mid-flight, and resumed after a while.
    function pauseOrResumeNetting(uint256 seed) external watched {
        address module = address(nettings[seed % 3]);
        pauseOrResumeOne(module, (seed >> 8) % 3 == 0);
    }

    /// @notice A netting module is closed with cycles in it, once the next is trusted; then swept empty and dropped.
    function replaceNetting(uint256) external watched {
        if (_netting == 2) return;
        INetting old = nettings[_netting];
        if (!_isClosing) {
            acceptNetting(address(nettings[_netting + 1]));
            send(address(quorum), address(ledger), abi.encodeCall(ledger.closeModule, (address(old))));
        } else {
            dropNetting(old);
            ++_netting;
        }
        _isClosing = !_isClosing;
    }

    function acceptNetting(address next) private {
        send(address(quorum), address(ledger), abi.encodeCall(ledger.proposeModule, (next)));
        wait(DELAY);
        send(address(quorum), address(ledger), abi.encodeCall(ledger.acceptModule, (next)));
    }

    function dropNetting(INetting old) private {
        netting = old;
        for (uint256 i = openOnes.length; i > 0; --i) {
            if (address(nettingOf[openOnes[i - 1]]) == address(old)) sweepAs(openOnes[i - 1]);
        }
        send(address(quorum), address(ledger), abi.encodeCall(ledger.dropModule, (address(old))));
        (ModuleStatus status,) = ledger.moduleStatus(address(old));
        require(status == ModuleStatus.Dropped, "an empty netting module was not dropped");
    }

    function pauseOrResumeOne(address module, bool pauses) internal {
        if (ledger.moduleOf(module).paused) {
            uint40 resumableAt = ledger.moduleOf(module).resumableAt;
            if (resumableAt > vm.getBlockTimestamp()) vm.warp(resumableAt);
            vm.prank(operator);
            ledger.resume(module);
        } else if (pauses && isTrusted(ISettlement(module))) {
            pause(module);
        }
    }

    function pause(address module) internal {
        address[] memory list = new address[](1);
        list[0] = module;
        vm.prank(guardian);
        ledger.pause(list);
    }

    // The attackers

    /// @notice What has ended is over for every verb, and its approvals are worth nothing for another cycle or module.
    function replayCycle(uint256 seed) external watched {
        if (endedCycles.length == 0) return;
        bytes32 digest = endedCycles[seed % endedCycles.length];
        Cycle memory made = cycleNamed(digest);
        netting = nettingOf[digest];
        address target = address(netting);

        for (uint256 i; i < 4; ++i) {
            Approval memory approval = signedFor(members[i].approverKey, NET, digest, soon());
            address sender = members[i].pay;
            expectFailure(sender, target, abi.encodeCall(netting.propose, (made, approval)));
            expectFailure(sender, target, abi.encodeCall(netting.affirm, (made, approval)));
            expectFailure(sender, target, abi.encodeCall(netting.withdraw, (made)));
        }
        expectFailure(stranger, target, abi.encodeCall(netting.settle, (made)));
        expectFailure(stranger, target, abi.encodeCall(netting.sweep, (made)));
        replayElsewhere(seed, made, digest);
    }

    function replayElsewhere(uint256 seed, Cycle memory made, bytes32 digest) private {
        if (!chooseNetting(seed >> 8)) return;
        made.number = CycleNumber.wrap(nextNumber++);
        made.validUntil = soon();
        Actor memory proposer = members[memberAt(made.proposer)];

        proposeAs(made, signedFor(proposer.approverKey, NET, digest, soon()), false);
        if (address(netting) == address(nettingOf[digest])) return;
        (made.number, made.validUntil) = (cycleNamed(digest).number, cycleNamed(digest).validUntil);
        proposeAs(made, signedFor(proposer.approverKey, NET, digest, soon()), false);
    }

    /// @notice Counters of a settled cycle come again in another that all affirm: it does not settle, and any sweep ends it.
    function reuseCounters(uint256 seed) external watched {
        if (endedCycles.length == 0) return;
        Cycle memory made = cycleNamed(endedCycles[seed % endedCycles.length]);
        netting = nettingOf[endedCycles[seed % endedCycles.length]];
        if (statusOf(netting.digestOf(made)) != CycleStatus.Settled || !chooseNetting(seed >> 8)) return;
        made.number = CycleNumber.wrap(nextNumber++);
        made.validUntil = soon();

        bytes32 digest = proposeAs(made, consentOf(members[memberAt(made.proposer)], made), true);
        if (statusOf(digest) != CycleStatus.Open) return;
        for (uint256 i; i < 4; ++i) {
            affirmAs(1 << 200, members[i], digest);
        }
        require(statusOf(digest) == CycleStatus.Open, "a counter was used twice");
        sweepAs(digest);
        require(statusOf(digest) == CycleStatus.Cancelled, "a cycle with used counters goes on");
    }

    /// @notice Who lacks the key, the membership or the trust moves nothing; a changed cycle is another one.
    function forgeCycle(uint256 seed) external watched {
        if (openOnes.length == 0) return;
        Cycle memory made = cycleNamed(chooseOpen(seed));
        Actor memory victim = members[(seed >> 8) % 4];
        address[6] memory wrong =
            [stranger, victim.approve, victim.first, operator, guardian, address(quorum)];
        address attacker = wrong[(seed >> 16) % 6];
        Approval memory approval = consentOf(victim, made);
        bytes memory call = abi.encodeCall(netting.affirm, (made, approval));

        expectFailure(attacker, address(netting), call);
        expectFailure(attacker, address(netting), abi.encodeCall(netting.withdraw, (made)));
        call = abi.encodeCall(ledger.lock, (made.asset, victim.id, 1, NET, netting.digestOf(made), approval));
        expectFailure(attacker, address(ledger), call);
        call = abi.encodeCall(ledger.unlock, (made.asset, victim.id, 1));
        expectFailure(attacker, address(ledger), call);
        call = abi.encodeCall(ledger.settleCycle, (made.asset, made.positions));
        expectFailure(attacker, address(ledger), call);

        made.positions[0] = made.positions[0] + (1 << 96);
        expectFailure(victim.pay, address(netting), abi.encodeCall(netting.affirm, (made, approval)));
        expectFailure(victim.pay, address(netting), abi.encodeCall(netting.withdraw, (made)));
    }
}
