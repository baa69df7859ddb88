// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../../src/interfaces/INetting.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {Cycle, CycleNumber, CycleStatus} from "../../src/types/Cycle.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// propose
/// ├── sender is no key, or a key of another role → reverts
/// ├── the cycle names another proposer → NotProposer
/// ├── fewer than 2 members, more than 64 → MembersOutOfRange
/// ├── a member twice or out of order; a position that cannot be → PositionInvalid
/// ├── nets do not sum to zero → PositionsUnbalanced
/// ├── over already, or more than 7 days ahead → ValidityOutOfRange
/// ├── the proposer is no member → NotMember
/// ├── the same cycle is open or has ended → CycleKnown
/// ├── 16 of the proposer's are open → TooManyProposals
/// ├── the approval has another index → ApprovalMisplaced; the ledger refuses it → AffirmationRefused
/// └── else: open, counted, affirmed by the proposer, whose net debit is locked
contract ProposeTest is Members {
    bytes32 private constant CYCLE = keccak256(
        "Cycle(uint256 chainId,address ledger,address netting,uint32 asset,uint32 proposer,uint64 number,uint40 validUntil,bytes32 root,uint256[] positions)"
    );

    /// @notice A cycle's digest is over its type and every field, as members elsewhere compute it.
    function testDigestOfType() external view {
        Cycle memory made = cycle();
        bytes32 positions = keccak256(abi.encodePacked(made.positions));
        bytes memory fields =
            abi.encode(made.asset, made.proposer, made.number, made.validUntil, made.root, positions);
        bytes memory place = abi.encode(CYCLE, block.chainid, ledger, netting);

        vm.assertEq(keccak256(bytes.concat(place, fields)), netting.digestOf(made));
    }

    /// @notice Only a pay key proposes.
    function testKeys() external {
        bytes memory call = proposal(cycle());

        expectRefusal(stranger, call, keyUnknown(stranger));
        expectRefusal(operator, call, keyUnknown(operator));
        expectRefusal(bob.approve, call, needsOtherRole(bob.approve, KeyRole.Approve, KeyRole.Pay));
        expectRefusal(bob.first, call, needsOtherRole(bob.first, KeyRole.Administer, KeyRole.Pay));
    }

    /// @notice Nobody proposes in another's name, also no member.
    function testOtherProposer() external {
        bytes memory reason = abi.encodeWithSelector(INetting.NotProposer.selector, alice.id, bob.id);

        expectRefusal(alice.pay, proposal(cycle()), reason);
    }

    /// @notice A cycle has 2 to 64 members.
    function testMembers(uint256 length) external {
        length = bound(length, 0, 80);
        if (length >= 2 && length <= 64) length = 65;
        Cycle memory made = cycle();
        made.positions = new uint256[](length);

        expectRefusal(
            bob.pay, proposal(made), abi.encodeWithSelector(INetting.MembersOutOfRange.selector, length)
        );
    }

    /// @notice Nobody is a member twice, and members are in order.
    function testOrder() external {
        Cycle memory made = cycle();
        made.positions[2] = position(bob.id, 3, 3, 47);
        expectInvalid(made, 2);

        made.positions[2] = position(alice.id, 4, 4, 47);
        expectInvalid(made, 2);
    }

    /// @notice A position is canonical: no bit without a meaning, no first counter after the last one, and who pays nothing receives.
    function testPositions(uint32 bits) external {
        Cycle memory made = cycle();
        made.positions[1] |= bound(bits, 1, type(uint32).max);
        expectInvalid(made, 1);

        uint256[6] memory wrong = [
            position(bob.id, 2, 1, 28),
            position(bob.id, 1, 0, 28),
            position(bob.id, 0, 2, 28),
            position(bob.id, 0, 0, 0),
            position(bob.id, 0, 0, -28),
            position(bob.id, 1, 2, type(int64).min)
        ];
        for (uint256 i; i < wrong.length; ++i) {
            made.positions[1] = wrong[i];
            expectInvalid(made, 1);
        }
        made.positions[0] = position(ParticipantId.wrap(0), 1, 3, -75);
        expectInvalid(made, 0);
    }

    /// @notice What is taken is what is given, to the cent.
    function testUnbalanced(int64 net) external {
        Cycle memory made = cycle();
        net = net == 28 ? int64(29) : net == type(int64).min ? int64(0) : net;
        made.positions[1] = position(bob.id, 1, 2, net);

        expectRefusal(
            bob.pay,
            proposal(made),
            abi.encodeWithSelector(INetting.PositionsUnbalanced.selector, int256(net) - 28)
        );
    }

    /// @notice A cycle is good until a second that is not over and at most seven days ahead.
    function testValidity(uint40 validUntil) external {
        Cycle memory made = cycle();
        bool isEarly = validUntil % 2 == 0;
        made.validUntil = isEarly
            ? uint40(bound(validUntil, 0, START - 1))
            : uint40(bound(validUntil, START + 7 days + 1, type(uint40).max));

        expectRefusal(
            bob.pay,
            proposal(made),
            abi.encodeWithSelector(INetting.ValidityOutOfRange.selector, made.validUntil, START + 7 days)
        );
    }

    /// @notice Both ends of that range are in it.
    function testValidityEnds() external {
        Cycle memory made = cycle();
        made.validUntil = uint40(START);
        propose(bob, made);
        made.validUntil = uint40(START + 7 days);
        propose(bob, made);
    }

    /// @notice Who proposes is a member.
    function testNotMember() external {
        Cycle memory made = cycle();
        made.proposer = centralBank.id;

        expectRefusal(centralBank.pay, proposal(made), notMember(centralBank.id));
    }

    /// @notice A cycle is proposed once, also after it ended.
    function testKnown() external {
        Cycle memory made = cycle();
        propose(bob, made);
        expectKnown(made, CycleStatus.Open);

        withdraw(bob, made);
        expectKnown(made, CycleStatus.Cancelled);

        made.number = CycleNumber.wrap(2);
        settleAll(made);
        expectKnown(made, CycleStatus.Settled);
    }

    /// @notice A proposer has 16 open cycles at most; one that ends makes room.
    function testTooMany() external {
        Cycle memory made = cycle();
        for (uint64 i; i < 16; ++i) {
            made.number = CycleNumber.wrap(i);
            propose(bob, made);
        }
        vm.assertEq(uint256(16), netting.openCycles(bob.id));
        Cycle memory another = cycle();
        another.number = CycleNumber.wrap(16);
        bytes memory reason = abi.encodeWithSelector(INetting.TooManyProposals.selector, bob.id, 16);
        expectRefusal(bob.pay, proposal(another), reason);

        withdraw(carol, made);
        propose(bob, another);
        vm.assertEq(uint256(16), netting.openCycles(bob.id));
    }

    /// @notice The one approval has index 0.
    function testApprovalIndex(uint32 index) external {
        Cycle memory made = cycle();
        Approval memory approval = consentOf(bob, made);
        approval.index = uint32(bound(index, 1, type(uint32).max));

        expectRefusal(
            bob.pay,
            abi.encodeCall(netting.propose, (made, approval)),
            abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0)
        );
    }

    /// @notice Proposing takes both keys.
    function testApproval() external {
        Cycle memory made = cycle();
        bytes memory call = abi.encodeCall(netting.propose, (made, consentOf(alice, made)));

        expectRefusal(bob.pay, call, affirmationRefused(made, Refusal.ApprovalInvalid));
    }

    /// @notice An open cycle has its proposer's affirmation and nobody else's; a creditor's locks nothing.
    function testOpens() external {
        Cycle memory made = cycle();
        bytes32 digest = netting.digestOf(made);
        Approval memory approval = consentOf(bob, made);

        vm.expectEmit(address(netting));
        emit INetting.CycleProposed(digest, made);
        vm.expectEmit(address(netting));
        emit INetting.CycleAffirmed(digest, USD, bob.id, 0);
        vm.prank(bob.pay);
        netting.propose(made, approval);

        (CycleStatus status, uint64 affirmed) = netting.cycleOf(digest);
        vm.assertEq(uint256(CycleStatus.Open), uint256(status));
        vm.assertEq(uint256(2), affirmed);
        vm.assertEq(uint256(1), netting.openCycles(bob.id));
        expectUntouched();
    }

    /// @notice A proposer that has to bring money locks it.
    function testDebtorProposes() external {
        Cycle memory made = cycle();
        made.proposer = alice.id;
        propose(alice, made);

        expectHoldings(-int256(uint256(BROUGHT)), BROUGHT, 0, 0);
    }

    /// @notice Every field, the chain, the ledger and this contract are in a cycle's name.
    function testDigest() external {
        bytes32[9] memory names;
        Cycle memory made = cycle();
        names[0] = netting.digestOf(made);
        made.asset = EUR;
        names[1] = netting.digestOf(made);
        made.proposer = alice.id;
        names[2] = netting.digestOf(made);
        made.number = CycleNumber.wrap(9);
        names[3] = netting.digestOf(made);
        made.validUntil += 1;
        names[4] = netting.digestOf(made);
        made.root = bytes32(uint256(1));
        names[5] = netting.digestOf(made);
        made.positions[0] += 1 << 32;
        names[6] = netting.digestOf(made);
        vm.chainId(5);
        names[7] = netting.digestOf(made);
        INetting other = INetting(create("Netting", abi.encode(participants, ledger)));
        names[8] = other.digestOf(made);

        for (uint256 i; i < names.length; ++i) {
            for (uint256 j; j < i; ++j) {
                vm.assertEq(false, names[i] == names[j]);
            }
        }
    }

    function proposal(Cycle memory made) private view returns (bytes memory) {
        return abi.encodeCall(netting.propose, (made, consentOf(bob, made)));
    }

    function expectInvalid(Cycle memory made, uint256 index) private {
        expectRefusal(
            bob.pay, proposal(made), abi.encodeWithSelector(INetting.PositionInvalid.selector, index)
        );
    }

    function expectKnown(Cycle memory made, CycleStatus status) private {
        expectRefusal(
            bob.pay,
            proposal(made),
            abi.encodeWithSelector(INetting.CycleKnown.selector, netting.digestOf(made), status)
        );
    }
}
