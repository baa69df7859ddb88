// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {IParticipants} from "../interfaces/IParticipants.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AccountId, AssetId, NOBODY, ParticipantId} from "../types/Identifiers.sol";
import {Refusal} from "../types/Instruction.sol";
import {Standing} from "../types/Kinds.sol";
import {Head, Instruction, Leg} from "../types/Legs.sol";
import {Waiting} from "../types/Waiting.sol";

/// @title What an instruction says, and who is a party to it
///
/// Nothing here changes anything. Parties: debtors are the participants that the legs debit, in the order of first appearance;
/// payees are asked where the asset asks, unless they are debtors, who consent anyway.
abstract contract Instructions is ISettlement {
    /// @dev What was last read of an asset: when its day began.
    struct Day {
        AssetId asset;
        uint40 beganAt;
    }

    uint256 private constant LEG_LIMIT = 32;
    uint256 private constant DEBTOR_LIMIT = 6;
    bytes32 private constant INSTRUCTION_TYPEHASH = keccak256(
        "Instruction(uint256 chainId,address ledger,uint256 head,bytes32 commitment,uint256[] legs)"
    );

    /// @inheritdoc ISettlement
    IParticipants public immutable participants;

    /// @inheritdoc ISettlement
    ILedger public immutable ledger;

    constructor(IParticipants participantsContract, ILedger ledgerContract) {
        participants = participantsContract;
        ledger = ledgerContract;
    }

    /// @inheritdoc ISettlement
    function digestOf(Instruction calldata instruction) external view returns (bytes32) {
        return _digestOf(instruction);
    }

    function _digestOf(Instruction calldata instruction) internal view returns (bytes32) {
        bytes32 legs = keccak256(abi.encodePacked(instruction.legs));
        return keccak256(
            abi.encode(
                INSTRUCTION_TYPEHASH, block.chainid, ledger, instruction.head, instruction.commitment, legs
            )
        );
    }

    // Rules

    /// @dev Is it an instruction at all?
    function _formRefusal(Head head, Leg[] calldata legs, ParticipantId[] memory debtors)
        internal
        view
        returns (Refusal)
    {
        if (!head.isWellFormed()) return Refusal.MalformedTerms;
        if (legs.length == 0 || legs.length > LEG_LIMIT) return Refusal.LegsOutOfRange;

        uint256 total;
        bool hasInitiator;
        for (uint256 i; i < legs.length; ++i) {
            Leg leg = legs[i];
            if (!leg.isWellFormed() || leg.payer() == NOBODY) return Refusal.MalformedTerms;
            if (!leg.hasAmountInRange()) return Refusal.AmountOutOfRange;
            if (leg.isToPayer()) return Refusal.SelfPayment;
            if (!_isSponsored(leg.payerFor(), leg.payer())) return Refusal.SponsorMismatch;
            if (!_isSponsored(leg.payeeFor(), leg.payee())) return Refusal.SponsorMismatch;
            if (!_isActive(leg.payerFor())) return Refusal.PayerSuspended;
            hasInitiator = hasInitiator || leg.payer() == head.initiator() || leg.payee() == head.initiator();
            total += leg.amount();
        }
        if (total > MAX_AMOUNT) return Refusal.AmountOutOfRange;
        if (!hasInitiator) return Refusal.InitiatorNotParty;
        return debtors.length > DEBTOR_LIMIT ? Refusal.TooManyDebtors : Refusal.None;
    }

    /// @dev Is its time over, or, where that ends it, the first day on which it was accepted and valid?
    function _hasLapsed(Instruction calldata instruction, Waiting waiting, Day memory day)
        internal
        view
        returns (bool)
    {
        if (_isPast(instruction.head)) return true;

        uint32 lapsing = waiting.lapsing();
        for (uint256 i; lapsing >> i != 0; ++i) {
            if ((lapsing >> i) & 1 == 0) continue;
            AssetId asset = instruction.legs[i].asset();
            if (day.asset != asset) (day.asset, day.beganAt) = (asset, ledger.dayBeganAt(asset));
            if (waiting.acceptedAt() < day.beganAt && instruction.head.validFrom() < day.beganAt) {
                return true;
            }
        }
        return false;
    }

    function _isPast(Head head) internal view returns (bool) {
        return head.validUntil() != 0 && block.timestamp > head.validUntil();
    }

    function _isEarly(Head head) internal view returns (bool) {
        return block.timestamp < head.validFrom();
    }

    /// @dev A corporate is named only beside its own sponsor.
    function _isSponsored(ParticipantId corporate, ParticipantId bank) private view returns (bool) {
        return corporate == NOBODY || participants.participantOf(corporate).sponsor == bank;
    }

    /// @dev A corporate that is suspended or stopped is not paid for; nobody is nobody's to suspend.
    function _isActive(ParticipantId corporate) private view returns (bool) {
        return corporate == NOBODY || participants.standingOf(corporate) == Standing.Active;
    }

    // Parties

    function _debtorsOf(Leg[] calldata legs) internal pure returns (ParticipantId[] memory debtors) {
        ParticipantId[] memory found = new ParticipantId[](legs.length);
        uint256 count;
        for (uint256 i; i < legs.length; ++i) {
            ParticipantId payer = legs[i].payer();
            if (_bitOf(found, payer) == 0) found[count++] = payer;
        }
        if (count == legs.length) return found;

        debtors = new ParticipantId[](count);
        for (uint256 i; i < count; ++i) {
            debtors[i] = found[i];
        }
    }

    /// @dev The debtor's bit; 0 for who is none.
    function _bitOf(ParticipantId[] memory debtors, ParticipantId participant) internal pure returns (uint8) {
        for (uint256 i; i < debtors.length; ++i) {
            if (debtors[i] == participant) return uint8(1 << i);
        }
        return 0;
    }

    /// @dev The legs whose payees have to consent: the asset asks for it, and they are no debtors. And those with whose asset's day
    /// it lapses. Both as they are at submission: who changes the rules changes nothing for what waits.
    function _rulesOf(Head head, Leg[] calldata legs, ParticipantId[] memory debtors)
        internal
        view
        returns (uint32 asked, uint32 lapsing)
    {
        (lapsing, asked) = ledger.waitingRulesOf(legs);
        if (head.lapsesWithDay()) lapsing = uint32((1 << legs.length) - 1);
        for (uint256 i; asked >> i != 0; ++i) {
            if (_bitOf(debtors, legs[i].payee()) != 0) asked &= ~uint32(1 << i);
        }
    }

    /// @dev Those of the legs that pay the participant.
    function _legsTo(Leg[] calldata legs, uint32 among, ParticipantId participant)
        internal
        pure
        returns (uint32 found)
    {
        for (uint256 i; among >> i != 0; ++i) {
            if ((among >> i) & 1 != 0 && legs[i].payee() == participant) found |= uint32(1 << i);
        }
    }

    /// @dev The accounts that the legs debit for some of the debtors, each once.
    function _accountsOf(Leg[] calldata legs, ParticipantId[] memory debtors, uint8 among)
        internal
        pure
        returns (AccountId[] memory accounts)
    {
        AccountId[] memory found = new AccountId[](legs.length);
        uint256 count;
        for (uint256 i; i < legs.length; ++i) {
            if (_bitOf(debtors, legs[i].payer()) & among == 0) continue;
            AccountId account = legs[i].debited();
            uint256 k;
            while (k < count && !(found[k] == account)) ++k;
            if (k == count) found[count++] = account;
        }

        accounts = new AccountId[](count);
        for (uint256 i; i < count; ++i) {
            accounts[i] = found[i];
        }
    }

    /// @dev The legs that are urgent for their payers.
    function _urgentLegsOf(Leg[] calldata legs, ParticipantId[] memory debtors, uint8 urgent)
        internal
        pure
        returns (uint32 urgentLegs)
    {
        if (urgent == 0) return 0;

        for (uint256 i; i < legs.length; ++i) {
            if (_bitOf(debtors, legs[i].payer()) & urgent != 0) urgentLegs |= uint32(1 << i);
        }
    }

    function _hasSuspendedParty(Leg[] calldata legs) internal view returns (bool) {
        for (uint256 i; i < legs.length; ++i) {
            if (_isSuspended(legs[i].payer()) || _isSuspended(legs[i].payee())) return true;
        }
        return false;
    }

    function _hasSuspended(ParticipantId[] memory among) internal view returns (bool) {
        for (uint256 i; i < among.length; ++i) {
            if (_isSuspended(among[i])) return true;
        }
        return false;
    }

    function _isSuspended(ParticipantId participant) private view returns (bool) {
        return participants.standingOf(participant) == Standing.Suspended;
    }
}
