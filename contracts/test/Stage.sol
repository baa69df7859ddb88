// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccounts} from "../src/interfaces/IAccounts.sol";
import {IConsents} from "../src/interfaces/IConsents.sol";
import {IKeys} from "../src/interfaces/IKeys.sol";
import {IParticipants} from "../src/interfaces/IParticipants.sol";
import {IRules} from "../src/interfaces/IRules.sol";
import {MAX_AMOUNT} from "../src/types/Amounts.sol";
import {AssetId, Currency, NOBODY, ParticipantId, Sequence} from "../src/types/Identifiers.sol";
import {Approval, ISSUE, PAY, Payment, Refusal} from "../src/types/Instruction.sol";
import {AssetKind, DayRule, KeyRole, ParticipantKind} from "../src/types/Kinds.sol";
import {Terms} from "../src/types/Terms.sol";
import {Deployment} from "./Deployment.sol";
import {vm} from "./Vm.sol";

/// @notice The cast and the stage of every test: a central bank that issues dollars and euros, three banks with a million
/// dollars each, a corporate and an auditor. Delays are a day.
abstract contract Stage is Deployment {
    /// @param approverKey Private, to sign approvals with.
    struct Actor {
        ParticipantId id;
        address pay;
        address approve;
        address first;
        address second;
        uint256 approverKey;
    }

    uint32 internal constant DELAY = 1 days;
    uint256 internal constant START = 1_800_000_000;
    uint40 internal constant FOREVER = type(uint40).max;
    AssetId internal constant USD = AssetId.wrap(840);
    AssetId internal constant EUR = AssetId.wrap(978);
    Currency internal constant DOLLAR = Currency.wrap(840);
    Currency internal constant EURO = Currency.wrap(978);
    bytes32 internal constant DOCUMENT = keccak256("a document and its salt");

    /// @dev What each bank starts with, and up to which day total its pay key is enough; minor units.
    uint64 internal constant FUNDS = 100_000_000;
    uint64 internal constant THRESHOLD = 50_000_000;

    address internal deployer = address(0xD0);
    address internal operator = address(0x0F);
    address internal guardian = address(0x6A);
    address internal stranger = address(0x57);

    Actor internal centralBank;
    Actor internal alice;
    Actor internal bob;
    Actor internal carol;
    Actor internal corporate;
    ParticipantId internal auditor;

    uint64 private _nextSequence = 1000;

    function setUp() public virtual {
        vm.warp(START);
        deploy(deployer, operator, guardian, quorumMembers(), 2, DELAY);

        centralBank = enter("central bank", ParticipantKind.Operator, NOBODY);
        alice = enter("alice", ParticipantKind.Bank, NOBODY);
        bob = enter("bob", ParticipantKind.Bank, NOBODY);
        carol = enter("carol", ParticipantKind.Bank, NOBODY);
        corporate = enter("corporate", ParticipantKind.Corporate, alice.id);
        auditor = enter("auditor", ParticipantKind.Auditor, NOBODY).id;

        setThreshold(centralBank.id, MAX_AMOUNT);
        vm.startPrank(operator);
        ledger.registerAsset(DOLLAR, AssetKind.CentralBankMoney, centralBank.id, DayRule.BusinessDay);
        ledger.registerAsset(EURO, AssetKind.CentralBankMoney, centralBank.id, DayRule.UtcDay);
        vm.stopPrank();

        setThreshold(corporate.id, THRESHOLD);
        provide(alice);
        provide(bob);
        provide(carol);
    }

    // The cast

    function quorumMembers() internal pure returns (address[] memory members) {
        members = new address[](3);
        (members[0], members[1], members[2]) = (address(0xA1), address(0xA2), address(0xA3));
    }

    function keyFor(string memory name, string memory role) internal pure returns (uint256) {
        return uint256(keccak256(bytes(string.concat(name, "'s ", role))));
    }

    /// @dev Admits a participant with one pay key, one approve key and two administer keys.
    function enter(string memory name, ParticipantKind kind, ParticipantId sponsor)
        internal
        returns (Actor memory actor)
    {
        actor.pay = vm.addr(keyFor(name, "pay key"));
        actor.approverKey = keyFor(name, "approve key");
        actor.approve = vm.addr(actor.approverKey);
        actor.first = vm.addr(keyFor(name, "first administer key"));
        actor.second = vm.addr(keyFor(name, "second administer key"));

        IParticipants.Admission memory admission = admissionOf(name, kind, sponsor);
        admission.keys = new IKeys.KeyTerms[](4);
        admission.keys[0] = keyTerms(actor.pay, KeyRole.Pay);
        admission.keys[1] = keyTerms(actor.approve, KeyRole.Approve);
        admission.keys[2] = keyTerms(actor.first, KeyRole.Administer);
        admission.keys[3] = keyTerms(actor.second, KeyRole.Administer);

        vm.prank(operator);
        actor.id = participants.admit(admission);
    }

    function admissionOf(string memory name, ParticipantKind kind, ParticipantId sponsor)
        internal
        pure
        returns (IParticipants.Admission memory admission)
    {
        bool isBank = kind == ParticipantKind.Bank;
        admission.kind = kind;
        admission.bic = isBank ? bytes11(letters(name)) : bytes11(0);
        admission.lei = isBank
            ? bytes32(bytes20(letters(name)))
            : kind == ParticipantKind.Corporate ? keccak256(bytes(name)) : bytes32(0);
        admission.sponsor = sponsor;
    }

    /// @dev 32 capital letters made from a name: what BICs and LEIs may consist of.
    function letters(string memory name) internal pure returns (bytes32) {
        bytes memory made = bytes.concat(keccak256(bytes(name)));
        for (uint256 i; i < made.length; ++i) {
            made[i] = bytes1(65 + uint8(made[i]) % 26);
        }
        return bytes32(made);
    }

    function keyTerms(address key, KeyRole role) internal pure returns (IKeys.KeyTerms memory) {
        return IKeys.KeyTerms({key: key, role: role, validFrom: 0, validUntil: FOREVER});
    }

    // What they have

    function setThreshold(ParticipantId participant, uint64 amount) internal {
        IConsents.FirstThreshold[] memory thresholds = new IConsents.FirstThreshold[](2);
        thresholds[0] = IConsents.FirstThreshold({currency: DOLLAR, amount: amount});
        thresholds[1] = IConsents.FirstThreshold({currency: EURO, amount: amount});

        vm.prank(operator);
        ledger.setFirstThresholds(participant, thresholds);
    }

    function provide(Actor memory bank) internal {
        setThreshold(bank.id, THRESHOLD);
        vm.startPrank(operator);
        ledger.openAccount(USD, bank.id);
        ledger.openAccount(EUR, bank.id);
        vm.stopPrank();
        issue(USD, bank, FUNDS);
        issue(EUR, bank, FUNDS);
    }

    function issue(AssetId asset, Actor memory holder, uint64 amount) internal {
        Terms instruction = terms(asset, centralBank, holder, amount);

        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, none());
    }

    function suspend(Actor memory actor) internal {
        vm.prank(operator);
        participants.suspend(actor.id);
    }

    /// @dev One call that needs two administer keys and the delay, from proposal to effect.
    function change(Actor memory actor, address target, bytes memory call) internal {
        propose(actor, target, call);
        wait(DELAY);
        send(actor.first, target, call);
    }

    /// @dev The same up to the delay.
    function propose(Actor memory actor, address target, bytes memory call) internal {
        send(actor.first, target, call);
        send(actor.second, target, call);
    }

    /// @dev The compiler takes block.timestamp for a constant of the call, so the time is asked of the test machine.
    function wait(uint256 duration) internal {
        vm.warp(vm.getBlockTimestamp() + duration);
    }

    function send(address sender, address target, bytes memory call) internal {
        vm.prank(sender);
        (bool done, bytes memory answer) = target.call(call);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    // Instructions

    function terms(AssetId asset, Actor memory payer, Actor memory payee, uint64 amount)
        internal
        returns (Terms)
    {
        return packed(false, _nextSequence++, asset, payer.id, payee.id, amount);
    }

    function urgentTerms(AssetId asset, Actor memory payer, Actor memory payee, uint64 amount)
        internal
        returns (Terms)
    {
        return packed(true, _nextSequence++, asset, payer.id, payee.id, amount);
    }

    function packed(
        bool urgent,
        uint64 sequence,
        AssetId asset,
        ParticipantId payer,
        ParticipantId payee,
        uint64 amount
    ) internal pure returns (Terms) {
        return Terms.wrap(
            (urgent ? uint256(1) << 248 : 0) | (uint256(sequence) << 184)
                | (uint256(AssetId.unwrap(asset)) << 152) | (uint256(ParticipantId.unwrap(payer)) << 120)
                | (uint256(ParticipantId.unwrap(payee)) << 88) | (uint256(amount) << 24)
        );
    }

    function batchOf(Terms instruction) internal pure returns (Payment[] memory batch) {
        batch = new Payment[](1);
        batch[0] = Payment({terms: instruction, commitment: DOCUMENT});
    }

    function none() internal pure returns (Approval[] memory) {
        return new Approval[](0);
    }

    function approvalOf(Actor memory actor, bytes32 action, Terms instruction)
        internal
        view
        returns (Approval[] memory approvals)
    {
        approvals = new Approval[](1);
        approvals[0] = signed(actor.approverKey, action, instruction, 0, soon());
    }

    /// @dev A deadline that an approval may have.
    function soon() internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp() + 7 days);
    }

    function signed(uint256 key, bytes32 action, Terms instruction, uint32 index, uint40 deadline)
        internal
        view
        returns (Approval memory)
    {
        bytes32 digest = ledger.approvalDigest(action, ledger.digestOf(instruction, DOCUMENT), deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return Approval({index: index, deadline: deadline, signature: abi.encodePacked(r, s, v)});
    }

    // What is seen

    function balanceOf(AssetId asset, Actor memory holder) internal view returns (int256) {
        return ledger.accountOf(asset, holder.id).balance;
    }

    function refusedBy(Terms instruction, Refusal reason) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRules.InstructionRefused.selector, instruction, reason);
    }

    /// @dev What a function that is the operator's or the quorum's answers to others.
    function unauthorised(address sender) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, sender);
    }

    function keyUnknown(address sender) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IKeys.KeyUnknown.selector, sender);
    }

    function needsOtherRole(address key, KeyRole role, KeyRole needed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IKeys.KeyHasOtherRole.selector, key, role, needed);
    }

    function isUsed(Terms instruction) internal view returns (bool) {
        return ledger.sequenceUsed(instruction.payer(), instruction.sequence());
    }
}
