// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {Currency, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole, ParticipantKind} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract SetFirstThresholdsTest is Stage {
    ParticipantId private dave;

    function setUp() public override {
        super.setUp();
        dave = enter("dave", ParticipantKind.Bank, NOBODY).id;
    }

    /// @notice Only the operator sets first thresholds.
    function testOperatorOnly() external {
        vm.expectRevert(unauthorised(alice.first));
        vm.prank(alice.first);
        ledger.setFirstThresholds(dave, new IConsents.FirstThreshold[](0));
    }

    /// @notice Nobody has no thresholds.
    function testUnknown() external {
        ParticipantId nobody = ParticipantId.wrap(99);

        vm.expectRevert(abi.encodeWithSelector(IConsents.ParticipantNotAdmitted.selector, nobody));
        vm.prank(operator);
        ledger.setFirstThresholds(nobody, new IConsents.FirstThreshold[](1));
    }

    /// @notice The operator sets them once, for all currencies together.
    function testTwice() external {
        vm.expectRevert(abi.encodeWithSelector(IConsents.ThresholdsAlreadySet.selector, alice.id));
        vm.prank(operator);
        ledger.setFirstThresholds(alice.id, one(Currency.wrap(1), 1));
    }

    /// @notice None is a choice as well: after an empty list the operator sets no more.
    function testTwiceAfterNone() external {
        vm.prank(operator);
        ledger.setFirstThresholds(dave, new IConsents.FirstThreshold[](0));

        vm.expectRevert(abi.encodeWithSelector(IConsents.ThresholdsAlreadySet.selector, dave));
        vm.prank(operator);
        ledger.setFirstThresholds(dave, one(DOLLAR, MAX_AMOUNT));
    }

    /// @notice Once a participant has set a threshold itself the operator sets none.
    function testAfterOwn() external {
        vm.prank(vm.addr(keyFor("dave", "first administer key")));
        ledger.setThreshold(DOLLAR, 0);

        vm.expectRevert(abi.encodeWithSelector(IConsents.ThresholdsAlreadySet.selector, dave));
        vm.prank(operator);
        ledger.setFirstThresholds(dave, one(EURO, 1));
    }

    /// @notice At most 64 at once.
    function testTooMany() external {
        vm.expectRevert(abi.encodeWithSelector(IConsents.TooManyThresholds.selector, 65, 64));
        vm.prank(operator);
        ledger.setFirstThresholds(dave, new IConsents.FirstThreshold[](65));
    }

    /// @notice A threshold is an amount.
    function testTooLarge() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, MAX_AMOUNT + 1));
        vm.prank(operator);
        ledger.setFirstThresholds(dave, one(DOLLAR, MAX_AMOUNT + 1));
    }

    /// @notice Without them everything takes two keys; with them the pay key is enough up to each.
    function testSets(uint64 amount) external {
        amount = uint64(bound(amount, 0, MAX_AMOUNT));
        vm.assertEq(uint256(0), ledger.thresholdOf(dave, DOLLAR).amount);

        vm.expectEmit(address(ledger));
        emit IConsents.ThresholdSet(dave, DOLLAR, amount);
        vm.prank(operator);
        ledger.setFirstThresholds(dave, one(DOLLAR, amount));

        vm.assertEq(uint256(amount), ledger.thresholdOf(dave, DOLLAR).amount);
        vm.assertEq(uint256(0), ledger.thresholdOf(dave, EURO).amount);
    }

    function one(Currency currency, uint64 amount)
        private
        pure
        returns (IConsents.FirstThreshold[] memory list)
    {
        list = new IConsents.FirstThreshold[](1);
        list[0] = IConsents.FirstThreshold({currency: currency, amount: amount});
    }
}

contract SetThresholdTest is Stage {
    /// @notice Only an administer key sets the threshold: neither of the keys that it divides.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        ledger.setThreshold(DOLLAR, 0);

        vm.expectRevert(needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Administer));
        vm.prank(alice.approve);
        ledger.setThreshold(DOLLAR, 0);
    }

    /// @notice A threshold is an amount.
    function testTooLarge() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, MAX_AMOUNT + 1));
        vm.prank(alice.first);
        ledger.setThreshold(DOLLAR, MAX_AMOUNT + 1);
    }

    /// @notice One key lowers at once, also below what the day has used.
    function testLowers(uint64 amount) external {
        amount = uint64(bound(amount, 0, THRESHOLD));
        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, THRESHOLD)), none());

        vm.expectEmit(address(ledger));
        emit IConsents.ThresholdSet(alice.id, DOLLAR, amount);
        vm.prank(alice.first);
        ledger.setThreshold(DOLLAR, amount);

        vm.assertEq(uint256(amount), ledger.thresholdOf(alice.id, DOLLAR).amount);
        vm.assertEq(uint256(THRESHOLD), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice Two keys and the delay raise.
    function testRaises(uint64 amount) external {
        amount = uint64(bound(amount, THRESHOLD + 1, MAX_AMOUNT));
        bytes memory call = abi.encodeCall(ledger.setThreshold, (DOLLAR, amount));
        propose(alice, address(ledger), call);
        vm.assertEq(uint256(THRESHOLD), ledger.thresholdOf(alice.id, DOLLAR).amount);

        vm.warp(START + DELAY);
        send(alice.second, address(ledger), call);
        vm.assertEq(uint256(amount), ledger.thresholdOf(alice.id, DOLLAR).amount);
    }
}

contract ApprovalDigestTest is Stage {
    /// @notice What an approve key signs is EIP-712, spelled out here word by word.
    function testIsEip712(bytes32 action, bytes32 digest, uint256 deadline) external view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Vostro"),
                keccak256("1"),
                block.chainid,
                address(ledger)
            )
        );
        bytes32 approval = keccak256(
            abi.encode(
                keccak256("Approval(bytes32 action,bytes32 digest,uint256 deadline)"),
                action,
                digest,
                deadline
            )
        );

        vm.assertEq(domain, ledger.domainSeparator());
        vm.assertEq(
            keccak256(bytes.concat(hex"1901", domain, approval)),
            ledger.approvalDigest(action, digest, deadline)
        );
    }

    /// @notice An instruction's digest is over chain, ledger, terms and commitment.
    function testDigestOf(Terms instruction, bytes32 commitment) external view {
        bytes32 typehash =
            keccak256("Instruction(uint256 chainId,address ledger,uint256 terms,bytes32 commitment)");

        vm.assertEq(
            keccak256(abi.encode(typehash, block.chainid, address(ledger), instruction, commitment)),
            ledger.digestOf(instruction, commitment)
        );
    }
}
