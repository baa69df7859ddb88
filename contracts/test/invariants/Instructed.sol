// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {AssetId, ParticipantId} from "../../src/types/Identifiers.sol";
import {Head, Instruction, Leg} from "../../src/types/Legs.sol";
import {Instructing} from "../settlement/Instructing.sol";
import {Vm, vm} from "../Vm.sol";
import {Stage} from "../Stage.sol";
import {Books} from "./Books.sol";
import {Traffic} from "./Traffic.sol";

/// @notice The second books of instructions with several consents, kept from events alone, and what is checked as they settle.
abstract contract Instructed is Traffic, Instructing {
    /// @dev A leg of what settles together, and the instruction that it is of.
    struct Posting {
        Leg leg;
        bytes32 digest;
    }

    uint256 internal constant ENDED_KEPT = 16;

    /// @dev The module of each generation; one or two of them are trusted at a time.
    ISettlement[3] internal modules;

    uint256 public settledInstructions;
    bytes32[] internal live;
    mapping(bytes32 digest => ISettlement) internal moduleOf;
    mapping(bytes32 digest => mapping(ParticipantId participant => bool)) internal consents;
    mapping(bytes32 digest => mapping(ParticipantId participant => bool)) internal urgent;
    Instruction[] internal endedOnes;

    mapping(bytes32 digest => Instruction) private _instructions;
    mapping(bytes32 digest => uint256) private _places;
    mapping(bytes32 digest => uint256) private _ends;
    mapping(bytes32 digest => uint32) private _asking;
    uint256 private _nextEnded;

    function setUp() public virtual override(Books, Stage) {
        super.setUp();
        modules[0] = settlement;
        modules[1] = ISettlement(create("Settlement", abi.encode(participants, ledger, manager)));
        modules[2] = ISettlement(create("Settlement", abi.encode(participants, ledger, manager)));
        for (uint256 i = 1; i < 3; ++i) {
            vm.prank(address(quorum));
            manager.setTargetFunctionRole(address(modules[i]), settlementSelectors(), OPERATOR);
        }
    }

    function instructionOf(bytes32 digest) internal view returns (Instruction memory) {
        return _instructions[digest];
    }

    // Events

    /// @dev Books all events of a module since recording began. The sender's participant alone consented.
    /// @param together Whether what settled did so as one set.
    function bookInstructions(ParticipantId sender, bool together) internal returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Posting[] memory postings;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(settlement)) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == ISettlement.Submitted.selector) bookSubmitted(sender, logs[i].data);
            else if (topic == ISettlement.Affirmed.selector) bookAffirmed(sender, logs[i].data);
            else if (topic == ISettlement.Withdrawn.selector) bookWithdrawn(sender, logs[i].data);
            else if (topic == ISettlement.UrgencySet.selector) bookUrgency(sender, logs[i].data);
            else if (topic == ISettlement.Cancelled.selector) bookEnded(logs[i].data);
            else if (topic == ISettlement.Expired.selector) bookEnded(logs[i].data);
            if (topic != ISettlement.Settled.selector) continue;

            ++count;
            postings = joined(postings, bookSettled(logs[i].data));
            if (together) continue;
            bookPostings(postings);
            postings = new Posting[](0);
        }
        bookPostings(postings);
        settledInstructions += count;
    }

    function bookSubmitted(ParticipantId sender, bytes memory data) private {
        (Head head, bytes32 commitment, bool isUrgent, Leg[] memory legs) =
            abi.decode(data, (Head, bytes32, bool, Leg[]));
        require(head.initiator() == sender, "submitted in another's name");
        endSequence(sender, head.sequence());

        bytes32 digest = settlement.digestOf(Instruction(head, commitment, legs));
        moduleOf[digest] = settlement;
        _instructions[digest] = Instruction(head, commitment, legs);
        (, _asking[digest]) = ledger.waitingRulesOf(legs);
        live.push(digest);
        _places[digest] = live.length;
        bookConsent(digest, sender, isUrgent);
    }

    function bookAffirmed(ParticipantId sender, bytes memory data) private {
        (, bytes32 digest, ParticipantId participant, bool isUrgent) =
            abi.decode(data, (Head, bytes32, ParticipantId, bool));
        require(participant == sender, "affirmed in another's name");
        require(!consents[digest][sender], "affirmed twice");

        bookConsent(digest, sender, isUrgent);
    }

    /// @dev What a pay key consents to alone stays within the threshold; see `Books.countAlone`.
    function bookConsent(bytes32 digest, ParticipantId participant, bool isUrgent) private {
        consents[digest][participant] = true;
        urgent[digest][participant] = isUrgent;
        if (approvedDigests[digest]) return;

        Leg[] memory legs = _instructions[digest].legs;
        for (uint256 i; i < legs.length; ++i) {
            if (legs[i].payer() == participant) countAlone(legs[i].asset(), participant, legs[i].amount());
        }
    }

    function bookWithdrawn(ParticipantId sender, bytes memory data) private {
        (, bytes32 digest, ParticipantId participant) = abi.decode(data, (Head, bytes32, ParticipantId));
        require(participant == sender && consents[digest][sender], "withdrawn in another's name");

        (consents[digest][sender], urgent[digest][sender]) = (false, false);
    }

    function bookUrgency(ParticipantId sender, bytes memory data) private {
        (, bytes32 digest, ParticipantId participant, bool isUrgent) =
            abi.decode(data, (Head, bytes32, ParticipantId, bool));
        require(participant == sender, "another's urgency");

        urgent[digest][sender] = isUrgent;
    }

    function bookEnded(bytes memory data) private {
        (, bytes32 digest) = abi.decode(data, (Head, bytes32));
        finish(digest);
    }

    function bookSettled(bytes memory data) private returns (Posting[] memory postings) {
        (, bytes32 digest, Leg[] memory legs) = abi.decode(data, (Head, bytes32, Leg[]));
        require(
            keccak256(abi.encodePacked(legs)) == keccak256(abi.encodePacked(_instructions[digest].legs)),
            "other legs settled"
        );
        postings = new Posting[](legs.length);
        for (uint256 i; i < legs.length; ++i) {
            postings[i] = Posting(legs[i], digest);
            require(consents[digest][legs[i].payer()], "a payer did not consent");
            bool isAsked = (_asking[digest] >> i) & 1 != 0;
            require(!isAsked || consents[digest][legs[i].payee()], "an asked payee did not consent");
        }
        finish(digest);
    }

    /// @dev An instruction ends once, in whichever module.
    function finish(bytes32 digest) private {
        require(address(moduleOf[digest]) == address(settlement), "it ended where it did not begin");
        require(_ends[digest]++ == 0, "an instruction ended twice");

        if (endedOnes.length < ENDED_KEPT) endedOnes.push(_instructions[digest]);
        else endedOnes[_nextEnded++ % ENDED_KEPT] = _instructions[digest];
        (uint256 place, bytes32 last) = (_places[digest], live[live.length - 1]);
        (live[place - 1], _places[last]) = (last, place);
        live.pop();
    }

    // Money

    /// @dev Books what settled together, all of it, and checks what it had to keep to.
    function bookPostings(Posting[] memory postings) private {
        for (uint256 i; i < postings.length; ++i) {
            Leg leg = postings[i].leg;
            int256 amount = int256(uint256(leg.amount()));
            available[leg.asset()][leg.payer()] -= amount;
            available[leg.asset()][leg.payee()] += amount;
        }
        for (uint256 i; i < postings.length; ++i) {
            checkDebit(postings, i);
            checkPair(postings, i);
        }
    }

    /// @dev No debit leaves an account below its floor, or beyond a limit.
    function checkDebit(Posting[] memory postings, uint256 place) private view {
        (AssetId asset, ParticipantId payer) = (postings[place].leg.asset(), postings[place].leg.payer());
        (uint256 out, uint256 urgentOut, uint256 own) = (0, 0, 0);
        for (uint256 i; i < postings.length; ++i) {
            Leg leg = postings[i].leg;
            if (leg.asset() != asset || leg.payer() != payer) continue;
            out += leg.amount();
            if (urgent[postings[i].digest][payer]) urgentOut += leg.amount();
            if (postings[i].digest == postings[place].digest) own += leg.amount();
        }
        IAccounts.Account memory account = ledger.accountOf(asset, payer);
        int256 left = available[asset][payer] + int256(uint256(account.credit));

        require(left >= 0, "a debit went below the floor");
        require(
            out == urgentOut || left + int256(urgentOut) >= int256(uint256(account.reserve)),
            "a debit touched the reserve"
        );
        require(own <= account.perInstruction, "an instruction was above its limit");
        require(account.outflow <= account.perDay, "a day was above its limit");
    }

    /// @dev Asked once for each pair of accounts: at the first leg between the two.
    function checkPair(Posting[] memory postings, uint256 place) private {
        Leg asked = postings[place].leg;
        int256 net;
        for (uint256 i; i < postings.length; ++i) {
            Leg leg = postings[i].leg;
            if (leg.asset() != asked.asset()) continue;
            bool isThere = leg.payer() == asked.payer() && leg.payee() == asked.payee();
            bool isBack = leg.payer() == asked.payee() && leg.payee() == asked.payer();
            if (!isThere && !isBack) continue;
            if (i < place) return;
            net += isThere ? int256(uint256(leg.amount())) : -int256(uint256(leg.amount()));
        }
        checkNet(asked.asset(), asked.payer(), asked.payee(), net);
        checkNet(asked.asset(), asked.payee(), asked.payer(), -net);
    }

    function joined(Posting[] memory some, Posting[] memory more)
        private
        pure
        returns (Posting[] memory all)
    {
        all = new Posting[](some.length + more.length);
        for (uint256 i; i < all.length; ++i) {
            all[i] = i < some.length ? some[i] : more[i - some.length];
        }
    }

    // What waits, counted again

    /// @dev Per module and account, and per module, initiator and party: banks have the numbers 2, 3 and 4.
    struct Recount {
        uint256[2][3][3] urgent;
        uint256[3][3][3] proposals;
    }

    /// @notice What the ledger and the modules count is what waits.
    function checkRecount() external view {
        Recount memory counted;
        for (uint256 i; i < live.length; ++i) {
            recount(counted, live[i]);
        }
        for (uint256 m; m < 3; ++m) {
            uint256 held;
            for (uint256 b; b < 3; ++b) {
                held += counted.urgent[m][b][0] + counted.urgent[m][b][1];
                for (uint256 k; k < 3; ++k) {
                    uint256 proposals = modules[m].proposalsFor(banks[b].id, banks[k].id);
                    require(proposals == counted.proposals[m][b][k], "proposals miscounted");
                }
            }
            require(ledger.moduleOf(address(modules[m])).held == held, "a module holds something else");
        }
        for (uint256 b; b < 3; ++b) {
            for (uint256 a; a < 2; ++a) {
                uint256 sum = counted.urgent[0][b][a] + counted.urgent[1][b][a] + counted.urgent[2][b][a];
                require(ledger.accountOf(assets[a], banks[b].id).urgentWaiting == sum, "urgent miscounted");
            }
        }
    }

    function recount(Recount memory counted, bytes32 digest) private view {
        uint256 module = generationOf(moduleOf[digest]);
        ISettlement.WaitingReport memory report = modules[module].waitingOf(digest);
        require(report.acceptedAt != 0, "what waits is gone");
        Instruction memory instruction = _instructions[digest];
        uint256 initiator = placeOf(instruction.head.initiator());

        for (uint256 b; b < 3; ++b) {
            (uint256 bit, uint256 debited, bool isAsked) = roleOf(instruction.legs, banks[b].id, report.asked);
            if (!report.queued && b != initiator && (bit != 0 || isAsked)) {
                ++counted.proposals[module][initiator][b];
            }
            if (!report.queued || report.holds != 0 || report.urgent & bit == 0) continue;
            if (debited & 1 != 0) ++counted.urgent[module][b][0];
            if (debited & 2 != 0) ++counted.urgent[module][b][1];
        }
    }

    /// @dev The participant's bit among the debtors, its accounts that are debited (bit i: `assets[i]`), and whether it is asked.
    function roleOf(Leg[] memory legs, ParticipantId participant, uint32 asked)
        internal
        view
        returns (uint256 bit, uint256 debited, bool isAsked)
    {
        uint256 seen;
        uint256 next = 1;
        for (uint256 i; i < legs.length; ++i) {
            uint256 payer = 1 << ParticipantId.unwrap(legs[i].payer());
            if (legs[i].payer() == participant) {
                debited |= legs[i].asset() == assets[0] ? 1 : 2;
                if (bit == 0) bit = next;
            }
            if (seen & payer == 0) (seen, next) = (seen | payer, next << 1);
            if (legs[i].payee() == participant && (asked >> i) & 1 != 0) isAsked = true;
        }
    }

    function generationOf(ISettlement module) internal view returns (uint256 generation) {
        while (address(modules[generation]) != address(module)) ++generation;
    }

    function placeOf(ParticipantId bank) private view returns (uint256 place) {
        while (banks[place].id != bank) ++place;
    }
}
