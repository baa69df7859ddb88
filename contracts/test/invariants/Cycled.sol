// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, CyclePosition, CycleStatus} from "../../src/types/Cycle.sol";
import {AssetId, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {ParticipantKind} from "../../src/types/Kinds.sol";
import {Members} from "../netting/Members.sol";
import {Stage} from "../Stage.sol";
import {Vm, vm} from "../Vm.sol";
import {Instructed} from "./Instructed.sol";
import {Queueing} from "./Queueing.sol";

/// @notice The second books of netting cycles, kept from events alone, and what is checked as they lock, settle and end.
abstract contract Cycled is Queueing, Members {
    /// @dev The module of each generation; one or two of them are trusted at a time.
    INetting[3] internal nettings;

    /// @dev The banks and one more that nobody bars, by ascending participant.
    Actor[4] internal members;

    uint256 public settledCycles;
    bytes32[] internal openOnes;
    bytes32[] internal endedCycles;
    mapping(bytes32 digest => INetting) internal nettingOf;
    mapping(bytes32 digest => mapping(ParticipantId member => bool)) internal affirmed;

    mapping(bytes32 digest => Cycle) private _cycles;
    mapping(bytes32 digest => CycleStatus) private _became;
    mapping(bytes32 digest => mapping(ParticipantId member => uint64)) private _brought;
    mapping(ParticipantId payer => uint64) private _counters;

    function setUp() public virtual override(Instructed, Stage) {
        super.setUp();
        members[0] = alice;
        members[1] = bob;
        members[2] = carol;
        members[3] = enter("dave", ParticipantKind.Bank, NOBODY);
        nettings[0] = netting;
        nettings[1] = INetting(create("Netting", abi.encode(participants, ledger)));
        nettings[2] = INetting(create("Netting", abi.encode(participants, ledger)));
        provide(members[3]);
        for (uint256 i; i < assets.length; ++i) {
            issued[assets[i]] += FUNDS;
            available[assets[i]][members[3].id] += int256(uint256(FUNDS));
        }
    }

    function cycleNamed(bytes32 digest) internal view returns (Cycle memory) {
        return _cycles[digest];
    }

    // Events

    /// @dev Books all events of a module since recording began. The sender's participant alone consented.
    function bookCycles(ParticipantId sender) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(netting)) continue;
            bytes32 topic = logs[i].topics[0];
            bytes memory data = logs[i].data;
            if (topic == INetting.CycleProposed.selector) bookProposed(sender, data);
            else if (topic == INetting.CycleAffirmed.selector) bookBrought(sender, data);
            else if (topic == INetting.LockReturned.selector) bookReturned(data);
            else if (topic == INetting.CycleSettled.selector) bookCycleSettled(abi.decode(data, (bytes32)));
            else if (topic == INetting.CycleCancelled.selector) bookUnsettled(data, CycleStatus.Cancelled);
            else if (topic == INetting.CycleExpired.selector) bookUnsettled(data, CycleStatus.Expired);
        }
    }

    function bookProposed(ParticipantId sender, bytes memory data) private {
        (bytes32 digest, Cycle memory made) = abi.decode(data, (bytes32, Cycle));
        require(made.proposer == sender, "a cycle was proposed in another's name");
        require(digest == netting.digestOf(made), "a cycle was named wrongly");
        require(_became[digest] == CycleStatus.None, "a cycle was proposed twice");

        _cycles[digest] = made;
        _became[digest] = CycleStatus.Open;
        nettingOf[digest] = netting;
        openOnes.push(digest);
    }

    function bookBrought(ParticipantId sender, bytes memory data) private {
        (bytes32 digest, AssetId asset, ParticipantId member, uint64 amount) =
            abi.decode(data, (bytes32, AssetId, ParticipantId, uint64));
        require(member == sender, "a cycle was affirmed in another's name");
        require(!affirmed[digest][member], "a cycle was affirmed twice by one");

        affirmed[digest][member] = true;
        if (amount == 0) return;
        _brought[digest][member] = amount;
        available[asset][member] -= int256(uint256(amount));
        locked[asset][member] += amount;
        checkLock(asset, member, amount);
    }

    /// @dev No lock leaves an account below its floor, or beyond a limit.
    function checkLock(AssetId asset, ParticipantId member, uint64 amount) private view {
        IAccounts.Account memory account = ledger.accountOf(asset, member);
        int256 left = available[asset][member] + int256(uint256(account.credit));

        require(left >= int256(uint256(account.reserve)), "a lock went below the floor");
        require(amount <= account.perInstruction, "a lock was above the limit of an instruction");
        require(account.outflow <= account.perDay, "a lock went above the limit of a day");
    }

    function bookReturned(bytes memory data) private {
        (bytes32 digest, AssetId asset, ParticipantId member, uint64 amount) =
            abi.decode(data, (bytes32, AssetId, ParticipantId, uint64));
        require(amount > 0 && _brought[digest][member] == amount, "another amount came back");

        _brought[digest][member] = 0;
        available[asset][member] += int256(uint256(amount));
        locked[asset][member] -= amount;
    }

    function bookCycleSettled(bytes32 digest) private {
        Cycle memory made = _cycles[digest];
        for (uint256 i; i < made.positions.length; ++i) {
            bookPosition(digest, made.asset, CyclePosition.wrap(made.positions[i]));
        }
        finishCycle(digest, CycleStatus.Settled);
        ++settledCycles;
    }

    /// @dev A payer's counters go on where they stood, whichever module settles.
    function bookPosition(bytes32 digest, AssetId asset, CyclePosition position) private {
        ParticipantId member = position.participant();
        require(affirmed[digest][member], "a cycle settled without a member");
        require(_brought[digest][member] == position.debit(), "a cycle settled without a member's part");

        if (position.pays()) {
            require(position.first() == _counters[member] + 1, "a counter was left out or used twice");
            _counters[member] = position.last();
        }
        _brought[digest][member] = 0;
        if (position.debit() > 0) locked[asset][member] -= position.debit();
        else available[asset][member] += position.net();
    }

    /// @dev The cancellation's other fields say who and why.
    function bookUnsettled(bytes memory data, CycleStatus became) private {
        bytes32 digest = abi.decode(data, (bytes32));
        Cycle memory made = _cycles[digest];
        for (uint256 i; i < made.positions.length; ++i) {
            ParticipantId member = CyclePosition.wrap(made.positions[i]).participant();
            require(_brought[digest][member] == 0, "an ended cycle holds something");
        }
        finishCycle(digest, became);
    }

    /// @dev A cycle ends once, in the module that it is of.
    function finishCycle(bytes32 digest, CycleStatus became) private {
        require(address(nettingOf[digest]) == address(netting), "it ended where it did not begin");
        require(_became[digest] == CycleStatus.Open, "a cycle ended twice");

        _became[digest] = became;
        endedCycles.push(digest);
        uint256 place;
        while (openOnes[place] != digest) ++place;
        openOnes[place] = openOnes[openOnes.length - 1];
        openOnes.pop();
    }

    // What is open, counted again

    /// @dev Per module and member: what open cycles lock in each asset, and how many it proposed.
    struct CycleRecount {
        uint256[2][4][3] locks;
        uint256[4][3] open;
    }

    /// @notice What the ledger locks for modules is what the members of open cycles have brought; what ended stays ended; payers'
    /// counters are those that settled cycles used.
    function checkCycles() external view {
        CycleRecount memory counted;
        for (uint256 i; i < openOnes.length; ++i) {
            recountCycle(counted, openOnes[i]);
        }
        for (uint256 m; m < 3; ++m) {
            checkNetting(nettings[m], counted.locks[m], counted.open[m]);
        }
        for (uint256 k; k < 4; ++k) {
            ParticipantId id = members[k].id;
            require(ledger.countersUsed(id) == _counters[id], "counters miscounted");
        }
        for (uint256 i; i < endedCycles.length; ++i) {
            (CycleStatus status,) = nettingOf[endedCycles[i]].cycleOf(endedCycles[i]);
            require(status == _became[endedCycles[i]], "an ended cycle changed");
        }
    }

    function recountCycle(CycleRecount memory counted, bytes32 digest) private view {
        Cycle memory made = _cycles[digest];
        uint256 module = generationOf(nettingOf[digest]);
        (CycleStatus status, uint64 bits) = nettings[module].cycleOf(digest);
        require(status == CycleStatus.Open, "an open cycle is gone");

        ++counted.open[module][memberAt(made.proposer)];
        for (uint256 i; i < made.positions.length; ++i) {
            CyclePosition position = CyclePosition.wrap(made.positions[i]);
            require(affirmed[digest][position.participant()] == ((bits >> i) & 1 != 0), "affirmed otherwise");
            if ((bits >> i) & 1 == 0) continue;
            uint256 asset = made.asset == assets[0] ? 0 : 1;
            counted.locks[module][memberAt(position.participant())][asset] += position.debit();
        }
    }

    function checkNetting(INetting module, uint256[2][4] memory locks, uint256[4] memory open) private view {
        uint256 held;
        for (uint256 k; k < 4; ++k) {
            require(module.openCycles(members[k].id) == open[k], "open cycles miscounted");
            for (uint256 a; a < 2; ++a) {
                uint256 lockedThere = ledger.lockedBy(address(module), assets[a], members[k].id);
                require(lockedThere == locks[k][a], "locks miscounted");
                held += lockedThere;
            }
        }
        require(ledger.moduleOf(address(module)).held == held, "a netting module holds something else");
    }

    function generationOf(INetting module) private view returns (uint256 generation) {
        while (address(nettings[generation]) != address(module)) ++generation;
    }

    function memberAt(ParticipantId member) internal view returns (uint256 place) {
        while (members[place].id != member) ++place;
    }
}
