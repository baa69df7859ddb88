// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Cycle, CycleNumber, CyclePosition, CycleStatus} from "../../src/types/Cycle.sol";
import {AssetId, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, NET, Refusal, SETTLE} from "../../src/types/Instruction.sol";
import {ModuleStatus, Standing} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Cycled} from "./Cycled.sol";

/// @notice What members do with netting cycles, in one or two modules: it succeeds exactly where the rules, asked here, allow it.
abstract contract Cycling is Cycled {
    uint256 private constant OPEN_ONES_LIMIT = 8;

    uint64 internal nextNumber = 1;

    /// @notice Members propose up to three cycles of two to four, mostly with their next counters and an approval that is good; half
    /// of the time others affirm at once.
    function proposeCycle(uint256 seed) external watched {
        uint256 last = (seed >> 8) % 3;
        for (uint256 i; i <= last; ++i) {
            if (openOnes.length >= OPEN_ONES_LIMIT || !chooseNetting(seed)) return;
            seed = uint256(keccak256(abi.encode(seed)));
            Cycle memory made = anyCycle(seed);
            (Approval memory approval, bool isGood) = anyConsent(seed, members[memberAt(made.proposer)], made);
            bytes32 digest = proposeAs(made, approval, isGood);
            if ((seed >> 80) % 2 == 0) affirmSome(seed >> 88, digest);
        }
    }

    /// @notice One to four members affirm an open cycle, or try to; the last one that has to settles it.
    function affirmCycle(uint256 seed) external watched {
        if (openOnes.length > 0) affirmSome(seed, chooseOpen(seed));
    }

    /// @notice A member ends an open cycle whenever it likes, also while its module is closing or paused; others never.
    function withdrawCycle(uint256 seed) external watched {
        if (openOnes.length == 0 || seed % 2 == 0) return;
        bytes32 digest = chooseOpen(seed >> 8);
        Cycle memory made = cycleNamed(digest);
        Actor memory member = members[(seed >> 16) % 4];
        (bool expected,) = positionOf(made, member.id);

        require(
            attemptCycle(member.id, member.pay, abi.encodeCall(netting.withdraw, (made))) == expected,
            "a withdrawal did not depend on membership"
        );
        require((statusOf(digest) == CycleStatus.Cancelled) == expected, "a withdrawal did something else");
    }

    /// @notice Anybody settles an open cycle, or tries to.
    function settleCycle(uint256 seed) external watched {
        if (openOnes.length == 0) return;
        bytes32 digest = chooseOpen(seed);
        Cycle memory made = cycleNamed(digest);
        bool expected = isUsable() && !hasLapsed(made) && missing(made, digest) == 0 && maySettle(made);
        address sender = [stranger, operator, members[(seed >> 16) % 4].pay][(seed >> 24) % 3];

        bool done = attemptCycle(NOBODY, sender, abi.encodeCall(netting.settle, (made)));
        require(done == expected, "settle did something else than the rules say");
        require((statusOf(digest) == CycleStatus.Settled) == expected, "settle and its event differ");
    }

    /// @notice Anybody sweeps an open cycle, or tries to.
    function sweepCycle(uint256 seed) external watched {
        if (openOnes.length > 0) sweepAs(chooseOpen(seed));
    }

    // How

    function affirmSome(uint256 seed, bytes32 digest) private {
        uint256 last = (seed >> 8) % 4;
        for (uint256 i; i <= last; ++i) {
            if (statusOf(digest) != CycleStatus.Open) return;
            seed = uint256(keccak256(abi.encode(seed)));
            affirmAs(seed, members[missingAt(seed >> 16, digest)], digest);
        }
    }

    function proposeAs(Cycle memory made, Approval memory approval, bool isGood)
        internal
        returns (bytes32 digest)
    {
        Actor memory proposer = members[memberAt(made.proposer)];
        (, CyclePosition position) = positionOf(made, proposer.id);
        bool expected = isGood && mayLock(made.asset, proposer.id, position.debit());

        bool done = attemptCycle(proposer.id, proposer.pay, abi.encodeCall(netting.propose, (made, approval)));
        require(done == expected, "a proposal did something else than the rules say");
        return netting.digestOf(made);
    }

    function affirmAs(uint256 seed, Actor memory member, bytes32 digest) internal {
        Cycle memory made = cycleNamed(digest);
        (Approval memory approval, bool isGood) = anyConsent(seed, member, made);
        bool expected = isGood && mayAffirm(made, digest, member.id);
        bool settles = expected && missing(made, digest) == 1 && maySettle(made);

        bool done = attemptCycle(member.id, member.pay, abi.encodeCall(netting.affirm, (made, approval)));
        require(done == expected, "an affirmation did something else than the rules say");
        require((statusOf(digest) == CycleStatus.Settled) == settles, "the last affirmation did otherwise");
    }

    function sweepAs(bytes32 digest) internal {
        Cycle memory made = cycleNamed(digest);
        bool expected = hasLapsed(made) || isOver(made);

        bool done = attemptCycle(NOBODY, stranger, abi.encodeCall(netting.sweep, (made)));
        require(done == expected, "a sweep did something else than the rules say");
    }

    /// @dev What a reverted call recorded did not happen.
    function attemptCycle(ParticipantId participant, address sender, bytes memory call)
        private
        returns (bool done)
    {
        vm.recordLogs();
        vm.prank(sender);
        (done,) = address(netting).call(call);
        if (done) bookCycles(participant);
    }

    /// @dev Chooses a trusted module that is not paused.
    function chooseNetting(uint256 seed) internal returns (bool found) {
        for (uint256 i; i < 3 && !found; ++i) {
            netting = nettings[(seed % 3 + i) % 3];
            found = isUsable();
        }
    }

    function chooseOpen(uint256 seed) internal returns (bytes32 digest) {
        digest = openOnes[seed % openOnes.length];
        netting = nettingOf[digest];
    }

    /// @dev Mostly a member that has not affirmed.
    function missingAt(uint256 seed, bytes32 digest) internal view returns (uint256 place) {
        Cycle memory made = cycleNamed(digest);
        for (uint256 i; i < 4; ++i) {
            place = (seed % 4 + i) % 4;
            (bool isMember,) = positionOf(made, members[place].id);
            if (isMember && !affirmed[digest][members[place].id] || (seed >> 8) % 8 == 0) return place;
        }
    }

    // The rules, asked again

    function isUsable() private view returns (bool) {
        return isTrusted(ISettlement(address(netting)));
    }

    function mayAffirm(Cycle memory made, bytes32 digest, ParticipantId member) private view returns (bool) {
        (bool isMember, CyclePosition position) = positionOf(made, member);
        return isMember && isUsable() && !hasLapsed(made) && !affirmed[digest][member]
            && mayLock(made.asset, member, position.debit());
    }

    function mayLock(AssetId asset, ParticipantId holder, uint64 amount) private view returns (bool) {
        if (amount == 0) return true;
        if (isBarred(asset, holder) || ledger.assetOf(asset).isCutOff) return false;

        IAccounts.Account memory account = ledger.accountOf(asset, holder);
        int256 left = account.balance + int256(uint256(account.credit)) - int256(uint256(amount));
        return left >= int256(uint256(account.reserve)) && amount <= account.perInstruction
            && uint256(account.outflow) + amount <= account.perDay;
    }

    /// @dev No member is barred, and the counters of each that pays are its next ones; the view says the same.
    function maySettle(Cycle memory made) internal view returns (bool may) {
        may = true;
        for (uint256 i; i < made.positions.length; ++i) {
            CyclePosition position = CyclePosition.wrap(made.positions[i]);
            uint64 next = ledger.countersUsed(position.participant()) + 1;
            bool isNext = !position.pays() || position.first() == next;
            may = may && isNext && !isBarred(made.asset, position.participant());
        }
        (Refusal refusal,) = netting.refusalOf(made);
        require(may == (refusal == Refusal.None), "the view says otherwise");
    }

    function isOver(Cycle memory made) private view returns (bool) {
        (ModuleStatus status,) = ledger.moduleStatus(address(netting));
        if (status != ModuleStatus.Trusted) return true;
        for (uint256 i; i < made.positions.length; ++i) {
            CyclePosition position = CyclePosition.wrap(made.positions[i]);
            ParticipantId member = position.participant();
            if (participants.standingOf(member) == Standing.Suspended) return true;
            if (position.pays() && position.first() <= ledger.countersUsed(member)) return true;
        }
        return false;
    }

    function isBarred(AssetId asset, ParticipantId member) internal view returns (bool) {
        return participants.standingOf(member) != Standing.Active || ledger.accountOf(asset, member).frozen;
    }

    function hasLapsed(Cycle memory made) private view returns (bool) {
        return vm.getBlockTimestamp() > made.validUntil;
    }

    function missing(Cycle memory made, bytes32 digest) internal view returns (uint256 count) {
        for (uint256 i; i < made.positions.length; ++i) {
            if (!affirmed[digest][CyclePosition.wrap(made.positions[i]).participant()]) ++count;
        }
    }

    function positionOf(Cycle memory made, ParticipantId member)
        internal
        pure
        returns (bool found, CyclePosition place)
    {
        for (uint256 i; i < made.positions.length && !found; ++i) {
            place = CyclePosition.wrap(made.positions[i]);
            found = place.participant() == member;
        }
    }

    function statusOf(bytes32 digest) internal view returns (CycleStatus status) {
        (status,) = netting.cycleOf(digest);
    }

    // What they make

    /// @dev Nets that sum to zero: now and then more than a member has, as a rule little; valid for hours or days.
    function anyCycle(uint256 seed) private returns (Cycle memory made) {
        made.asset = assets[(seed >> 8) % 2];
        made.number = CycleNumber.wrap(nextNumber++);
        made.validUntil = uint40(vm.getBlockTimestamp() + bound(seed >> 16, 1 hours, 7 days));
        made.root = ROOT;
        made.positions = new uint256[](2 + (seed >> 48) % 3);
        fill(made.positions, seed >> 56);
        uint256 place = (seed >> 72) % made.positions.length;
        made.proposer = CyclePosition.wrap(made.positions[place]).participant();
    }

    function fill(uint256[] memory positions, uint256 seed) private view {
        uint256 skipped = positions.length == 4 ? 4 : seed % 4;
        uint64 most = (seed >> 8) % 8 == 0 ? 2 * FUNDS : FUNDS / 100;
        int64 sum;
        uint256 count;
        for (uint256 i; count < positions.length; ++i) {
            if (i == skipped) continue;
            seed = uint256(keccak256(abi.encode(seed)));
            bool isLast = count + 1 == positions.length;
            int64 net = isLast ? -sum : int64(uint64(seed % (2 * most))) - int64(most);
            positions[count++] = anyPosition(seed >> 64, members[i].id, net);
            sum += net;
        }
    }

    /// @dev Who receives may pay nothing; now and then a counter is left out, or one that was used comes again.
    function anyPosition(uint256 seed, ParticipantId member, int64 net) private view returns (uint256) {
        if (net > 0 && seed % 4 == 0) return position(member, 0, 0, net);

        uint64 used = ledger.countersUsed(member);
        uint64 first = used + 1;
        if ((seed >> 8) % 16 == 0) ++first;
        if ((seed >> 8) % 16 == 1 && used > 0) first = used;
        return position(member, first, first + uint64((seed >> 16) % 3), net);
    }

    /// @dev Mostly a good one; else of another's key, for another action or cycle, too late, too long or misplaced.
    function anyConsent(uint256 seed, Actor memory member, Cycle memory made)
        private
        view
        returns (Approval memory approval, bool isGood)
    {
        if ((seed >> 200) % 8 != 0) return (consentOf(member, made), true);

        (uint256 kind, bytes32 digest) = ((seed >> 208) % 6, netting.digestOf(made));
        uint256 key = kind == 0 ? members[(memberAt(member.id) + 1) % 4].approverKey : member.approverKey;
        uint40 deadline = kind == 1 ? uint40(vm.getBlockTimestamp() - 1) : kind == 2 ? soon() + 1 : soon();
        if (kind == 3) digest = keccak256(abi.encode(digest));
        approval = signedFor(key, kind == 4 ? SETTLE : NET, digest, deadline);
        if (kind == 5) approval.index = 1;
    }
}
