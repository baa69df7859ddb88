// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {AssetId, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, Refusal} from "../../src/types/Instruction.sol";
import {ModuleStatus, Standing} from "../../src/types/Kinds.sol";
import {Instruction, Leg, Set} from "../../src/types/Legs.sol";
import {bound, vm} from "../Vm.sol";
import {Instructed} from "./Instructed.sol";

/// @notice What banks do with instructions that several consent to, in one or two modules. What a view foresees is what happens.
abstract contract Queueing is Instructed {
    uint256 private constant LIVE_LIMIT = 20;

    // Consents

    /// @notice A bank submits up to three instructions of up to four legs, good and bad, some with approvals, good and bad.
    function submitSome(uint256 seed) external watched {
        if (live.length >= LIVE_LIMIT || !chooseModule(seed)) return;
        Actor memory bank = banks[seed % 3];
        Instruction[] memory batch = new Instruction[](1 + (seed >> 8) % 3);
        Approval[] memory approvals = new Approval[](batch.length);
        uint256 count;
        for (uint256 i; i < batch.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            batch[i] = anyInstruction(bank, seed);
            if (seed % 3 == 0) continue;
            approvals[count] = anyApproval(bank, batch[i], seed)[0];
            approvals[count++].index = uint32(i);
        }
        assembly ("memory-safe") {
            mstore(approvals, count)
        }

        bool wasTaken = isTaken(batch[0]);
        bool expected = settlement.refusalOf(batch[0], bank.id, approvalsAt(approvals, 0)) == Refusal.None;

        vm.recordLogs();
        vm.prank(bank.pay);
        settlement.submit(batch, seed >> 16, approvals);
        bookInstructions(bank.id, false);
        bool isTakenNow = !wasTaken && isTaken(batch[0]);
        require(batch.length > 1 || isTakenNow == expected, "submit did something else than its view says");
        for (uint256 i; i < batch.length; ++i) {
            approvedDigests[settlement.digestOf(batch[i])] = false;
        }
    }

    /// @notice A bank affirms what waits, or tries to: it is refused exactly where the view says so.
    function affirmOne(uint256 seed) external watched {
        (bool found, bytes32 digest, Instruction memory instruction) = chooseLive(seed);
        if (!found) return;
        Actor memory bank = chooseParty(seed >> 8, instruction);
        Approval[] memory approvals = (seed >> 16) % 4 == 0 ? none() : anyApproval(bank, instruction, seed);
        bool isInitiator = bank.id == instruction.head.initiator();
        bool expected = !isInitiator && isTrusted(settlement)
            && settlement.refusalOf(instruction, bank.id, approvals) == Refusal.None;

        vm.recordLogs();
        bytes memory call = abi.encodeCall(settlement.affirm, (instruction, seed % 2 == 0, approvals));
        require(attempt(bank.pay, call) == expected, "affirm did something else than its view says");
        bookInstructions(bank.id, false);
        approvedDigests[digest] = false;
    }

    /// @notice A bank takes its consent back where it gave one and the instruction is still proposed.
    function takeBack(uint256 seed) external watched {
        (bool found, bytes32 digest, Instruction memory instruction) = chooseLive(seed);
        if (!found) return;
        Actor memory bank = banks[(seed >> 8) % 3];
        bool mayEnd = bank.id == instruction.head.initiator();
        bool expected = !waiting(instruction).queued && (mayEnd || consents[digest][bank.id]);

        vm.recordLogs();
        bytes memory call = abi.encodeCall(settlement.withdraw, (instruction));
        require(attempt(bank.pay, call) == expected, "withdraw did not depend on the consent");
        bookInstructions(bank.id, false);
    }

    // The queue

    /// @notice Anybody settles a set, and the same set again: all of it or nothing, as the view says, and never twice.
    function settleSome(uint256 seed) external watched {
        (bool found,,) = chooseLive(seed);
        if (!found || !isTrusted(settlement)) return;
        Set[] memory sets = new Set[](2);
        (sets[0], sets[1]) = (chooseSet(seed), chooseSet(seed));
        address sender = [stranger, operator, banks[(seed >> 16) % 3].pay][(seed >> 24) % 3];
        bool expected = settlement.setRefusalOf(sets[0], sender) == Refusal.None;

        vm.recordLogs();
        settle(sender, sets);
        uint256 count = bookInstructions(NOBODY, true);
        require(count == (expected ? sets[0].instructions.length : 0), "a set did not settle as a whole");
    }

    /// @notice A debtor changes its urgency, holds, releases, wants to cancel; the operator releases and cancels.
    function manage(uint256 seed) external watched {
        (bool found,, Instruction memory instruction) = chooseLive(seed);
        if (!found) return;
        bool isOperator = (seed >> 8) % 8 == 0;
        Actor memory bank = banks[(seed >> 16) % 3];
        (bytes memory call, bool expected) = managing(seed >> 24, instruction, bank.id, isOperator);

        vm.recordLogs();
        bool done = attempt(isOperator ? operator : bank.pay, call);
        require(done == expected, "a verb of the queue answered otherwise");
        bookInstructions(bank.id, false);
    }

    /// @notice Anybody sweeps what waits and what has ended.
    function sweepSome(uint256 seed) external watched {
        (bool found,,) = chooseLive(seed);
        if (!found) return;
        Set memory some = chooseSet(seed);
        Instruction[] memory page = new Instruction[](some.instructions.length + 1);
        for (uint256 i; i < some.instructions.length; ++i) {
            page[i] = some.instructions[i];
        }
        page[page.length - 1] = endedOnes.length > 0 ? endedOnes[seed % endedOnes.length] : page[0];

        vm.recordLogs();
        sweep(page);
        require(bookInstructions(NOBODY, false) == 0, "a sweep settled something");
    }

    // How

    /// @dev Chooses a trusted module that is not paused.
    function chooseModule(uint256 seed) internal returns (bool found) {
        for (uint256 i; i < 3 && !found; ++i) {
            settlement = modules[(seed % 3 + i) % 3];
            found = isTrusted(settlement);
        }
    }

    function isTrusted(ISettlement module) internal view returns (bool) {
        (ModuleStatus status,) = ledger.moduleStatus(address(module));
        return status == ModuleStatus.Trusted && !ledger.moduleOf(address(module)).paused;
    }

    function chooseLive(uint256 seed)
        internal
        returns (bool found, bytes32 digest, Instruction memory instruction)
    {
        if (live.length == 0) return (false, digest, instruction);

        digest = live[seed % live.length];
        settlement = moduleOf[digest];
        return (true, digest, instructionOf(digest));
    }

    /// @dev Up to five of those that wait in the chosen module; now and then also what is only proposed.
    function chooseSet(uint256 seed) internal view returns (Set memory) {
        Instruction[] memory chosen = new Instruction[](1 + (seed >> 32) % 5 % (1 + (seed >> 48) % 5));
        uint256 count;
        for (uint256 i; i < live.length && count < chosen.length; ++i) {
            bytes32 digest = live[(seed % live.length + i) % live.length];
            if (address(moduleOf[digest]) != address(settlement)) continue;
            if ((seed >> 40) % 8 != 0 && !settlement.waitingOf(digest).queued) continue;
            chosen[count++] = instructionOf(digest);
        }
        assembly ("memory-safe") {
            mstore(chosen, count)
        }
        return setOf(chosen)[0];
    }

    /// @dev Mostly one that has not consented.
    function chooseParty(uint256 seed, Instruction memory instruction)
        private
        view
        returns (Actor memory bank)
    {
        bytes32 digest = settlement.digestOf(instruction);
        for (uint256 i; i < 3; ++i) {
            bank = banks[(seed % 3 + i) % 3];
            (uint256 bit,, bool isAsked) = roleOf(instruction.legs, bank.id, waiting(instruction).asked);
            bool isMissing = (bit != 0 || isAsked) && !consents[digest][bank.id];
            if (isMissing || (seed >> 8) % 8 == 0) return bank;
        }
    }

    /// @dev The one for an instruction by itself, where it has one.
    function approvalsAt(Approval[] memory approvals, uint32 index)
        private
        pure
        returns (Approval[] memory own)
    {
        if (approvals.length == 0 || approvals[0].index != index) return own;

        own = new Approval[](1);
        own[0] = approvals[0];
    }

    function attempt(address sender, bytes memory call) internal returns (bool done) {
        vm.prank(sender);
        (done,) = address(settlement).call(call);
    }

    /// @dev A verb and whether it should be done.
    function managing(uint256 seed, Instruction memory instruction, ParticipantId bank, bool isOperator)
        private
        view
        returns (bytes memory, bool)
    {
        ISettlement.WaitingReport memory report = waiting(instruction);
        (uint256 bit,,) = roleOf(instruction.legs, bank, 0);
        bool isDebtor = report.queued && bit != 0 && !isOperator;
        if (seed % 5 < 2) {
            bool makesUrgent = seed % 5 == 0;
            bool changes = (report.urgent & bit != 0) != makesUrgent;
            bool mayCount = !makesUrgent || report.holds != 0 || isTrusted(settlement);
            bytes memory call = abi.encodeCall(settlement.setUrgency, (instruction, makesUrgent));
            return (call, isDebtor && changes && mayCount);
        }
        if (seed % 5 == 2) {
            return (abi.encodeCall(settlement.hold, (instruction)), isDebtor && report.holds & bit == 0);
        }
        if (seed % 5 == 3) {
            uint256 lifted = isOperator ? report.holds : report.holds & bit;
            bool mayCount = report.holds != lifted || report.urgent == 0 || isTrusted(settlement);
            bool expected = (isDebtor || isOperator) && report.queued && lifted != 0 && mayCount;
            return (abi.encodeCall(settlement.release, (instruction)), expected);
        }
        bool isNew = report.cancels & bit == 0 || hasSuspended(instruction.legs);
        return (
            abi.encodeCall(settlement.cancel, (instruction, REASON)),
            isOperator ? report.queued : isDebtor && isNew
        );
    }

    function hasSuspended(Leg[] memory legs) private view returns (bool) {
        for (uint256 i; i < legs.length; ++i) {
            if (participants.standingOf(legs[i].payer()) == Standing.Suspended) return true;
            if (participants.standingOf(legs[i].payee()) == Standing.Suspended) return true;
        }
        return false;
    }

    /// @dev Few sequences, so that they meet those of payments; often a time, mostly good legs.
    function anyInstruction(Actor memory initiator, uint256 seed)
        private
        view
        returns (Instruction memory made)
    {
        uint256 present = vm.getBlockTimestamp();
        made.head = packedHead(
            uint64(1000 + (seed >> 8) % 700),
            initiator.id,
            (seed >> 24) % 6 == 0 ? uint40(present + (seed >> 32) % 1 days) : 0,
            (seed >> 64) % 6 == 0 ? uint40(present + (seed >> 72) % 3 days) : 0,
            (seed >> 104) % 6 == 0
        );
        made.commitment = DOCUMENT;
        made.legs = new Leg[](1 + (seed >> 112) % 4);
        for (uint256 i; i < made.legs.length; ++i) {
            made.legs[i] = anyLeg(uint256(keccak256(abi.encode(seed, i))), i == 0, initiator);
        }
    }

    function anyLeg(uint256 seed, bool isOwn, Actor memory initiator) private view returns (Leg) {
        Actor memory payer = isOwn && seed % 4 != 0 ? initiator : banks[(seed >> 8) % 3];
        ParticipantId payee = banks[(seed >> 16) % 3].id;
        if (payee == payer.id && (seed >> 24) % 16 != 0) {
            payee = payer.id == banks[0].id ? banks[1].id : banks[0].id;
        }
        AssetId asset = assets[(seed >> 32) % 2];
        int256 funds = balanceOf(asset, payer);
        uint256 most = funds > 1000 ? uint256(funds) : 1000;
        uint64 amount = uint64(bound(seed >> 40, 1, (seed >> 128) % 3 == 0 ? most * 2 : most / 20 + 1));
        return legFor(asset, payer.id, payee, amount, NOBODY, NOBODY);
    }

    /// @dev One, mostly good; then it is noted, so that the amount does not count for the single key.
    function anyApproval(Actor memory bank, Instruction memory instruction, uint256 seed)
        private
        returns (Approval[] memory approvals)
    {
        bool isGood = (seed >> 200) % 6 != 0;
        approvals = consentOf(isGood ? bank : banks[(seed >> 204) % 3], instruction);
        approvedDigests[settlement.digestOf(instruction)] = isGood || banks[(seed >> 204) % 3].id == bank.id;
    }
}
