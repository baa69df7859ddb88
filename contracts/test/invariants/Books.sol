// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IPayments} from "../../src/interfaces/IPayments.sol";
import {ISequences} from "../../src/interfaces/ISequences.sol";
import {AssetId, Currency, ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {Standing} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {Vm, vm} from "../Vm.sol";

/// @notice A second set of books, kept from events alone, and what is checked at each step.
abstract contract Books is Stage {
    mapping(AssetId asset => mapping(ParticipantId holder => int256)) public available;
    mapping(AssetId asset => mapping(ParticipantId holder => uint256)) public locked;
    mapping(AssetId asset => uint256) public issued;
    mapping(AssetId asset => uint256) public redeemed;
    mapping(ParticipantId initiator => mapping(Sequence sequence => uint256)) public ended;
    mapping(bytes32 place => int256) private _net;
    mapping(bytes32 place => uint256) private _alone;

    /// @dev Whether an instruction of the present call came with a good approval, by its terms.
    mapping(Terms terms => bool) internal approved;
    mapping(bytes32 digest => bool) internal approvedDigests;

    Actor[] internal banks;
    AssetId[2] internal assets = [USD, EUR];

    function setUp() public virtual override {
        super.setUp();
        banks.push(alice);
        banks.push(bob);
        banks.push(carol);
        for (uint256 i; i < banks.length; ++i) {
            for (uint256 k; k < assets.length; ++k) {
                available[assets[k]][banks[i].id] = int256(uint256(FUNDS));
                issued[assets[k]] += FUNDS;
            }
        }
    }

    /// @dev No holding of an account that was barred before the step falls in it.
    modifier watched() {
        int256[6] memory before = holdings();
        bool[6] memory barred = bars();
        _;
        int256[6] memory present = holdings();
        for (uint256 i; i < 6; ++i) {
            require(!barred[i] || present[i] >= before[i], "a barred holding fell");
        }
    }

    function holdings() private view returns (int256[6] memory all) {
        for (uint256 i; i < 6; ++i) {
            (Actor storage bank, AssetId asset) = (banks[i / 2], assets[i % 2]);
            all[i] = balanceOf(asset, bank) + int256(uint256(ledger.lockedOf(asset, bank.id)));
        }
    }

    function bars() private view returns (bool[6] memory all) {
        for (uint256 i; i < 6; ++i) {
            (Actor storage bank, AssetId asset) = (banks[i / 2], assets[i % 2]);
            all[i] = participants.standingOf(bank.id) != Standing.Active
                || ledger.accountOf(asset, bank.id).frozen;
        }
    }

    /// @dev Books a payment that its event says was settled, and checks what it had to keep to.
    function bookPaid(Terms terms) internal {
        (AssetId asset, ParticipantId payer, ParticipantId payee) =
            (terms.asset(), terms.payer(), terms.payee());
        int256 amount = int256(uint256(terms.amount()));

        end(terms);
        available[asset][payer] -= amount;
        available[asset][payee] += amount;
        checkFloor(terms);
        checkNet(asset, payer, payee, amount);
        checkNet(asset, payee, payer, -amount);
        countAlone(terms, payer);
    }

    function bookRequested(Terms terms) internal {
        end(terms);
        available[terms.asset()][terms.payer()] -= int256(uint256(terms.amount()));
        locked[terms.asset()][terms.payer()] += terms.amount();
        checkFloor(terms);
        countAlone(terms, terms.payer());
    }

    /// @dev A sequence ends once: settled, requested, issued or voided.
    function end(Terms terms) internal {
        endSequence(terms.payer(), terms.sequence());
    }

    function endSequence(ParticipantId initiator, Sequence sequence) internal {
        require(ended[initiator][sequence]++ == 0, "a sequence was used twice");
        require(ledger.sequenceUsed(initiator, sequence), "a sequence was not used");
    }

    /// @dev No debit leaves an account below its floor, or beyond a limit.
    function checkFloor(Terms terms) private view {
        IAccounts.Account memory account = ledger.accountOf(terms.asset(), terms.payer());
        int256 left = available[terms.asset()][terms.payer()];
        int256 floor = -int256(uint256(account.credit));
        if (!terms.isUrgent()) floor += int256(uint256(account.reserve));

        require(left >= floor, "a debit went below the floor");
        require(terms.amount() <= account.perInstruction, "an instruction was above its limit");
        require(account.outflow <= account.perDay, "a day was above its limit");
    }

    function checkNet(AssetId asset, ParticipantId holder, ParticipantId counterparty, int256 outflow)
        internal
    {
        IAccounts.BilateralLimit memory limit = ledger.bilateralLimitOf(asset, holder, counterparty);
        if (!limit.set) return;

        bytes32 place = keccak256(abi.encode(asset, holder, counterparty, ledger.dayOf(asset)));
        _net[place] += outflow;
        if (outflow > 0) require(_net[place] <= int256(uint256(limit.limit)), "a net was above its limit");
    }

    function countAlone(Terms terms, ParticipantId participant) internal {
        if (!approved[terms]) countAlone(terms.asset(), participant, terms.amount());
    }

    /// @dev What a pay key consents to alone on a UTC day stays within the threshold that held when it did.
    function countAlone(AssetId asset, ParticipantId participant, uint64 amount) internal {
        Currency currency = ledger.assetOf(asset).currency;
        uint256 limit = ledger.thresholdOf(participant, currency).amount;
        bytes32 place = keccak256(abi.encode(participant, currency, vm.getBlockTimestamp() / 1 days));

        _alone[place] += amount;
        require(_alone[place] <= limit, "one key consented above the threshold");
    }

    /// @dev Books all events of the payments contract since recording began.
    function bookPayments() internal returns (uint256 settled) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IPayments.Paid.selector) continue;
            (Terms terms,) = abi.decode(logs[i].data, (Terms, bytes32));
            bookPaid(terms);
            ++settled;
        }
    }

    function bookVoided() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            require(logs[i].topics[0] == ISequences.Voided.selector, "void did something else");
            ParticipantId initiator = ParticipantId.wrap(uint32(uint256(logs[i].topics[1])));
            endSequence(initiator, abi.decode(logs[i].data, (Sequence)));
        }
    }
}
