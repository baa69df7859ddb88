// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccountId, accountId} from "../../../src/types/Identifiers.sol";
import {Leg} from "../../../src/types/Legs.sol";
import {vm} from "../../Vm.sol";
import {ProofStage} from "../ProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract SettleSetProofs is ProofStage {
    function setUp() public override {
        super.setUp();
        AccountId[] memory accounts = new AccountId[](1);
        accounts[0] = accountId(USD, ALICE);
        vm.prank(address(payments));
        ledger.countUrgent(accounts, true);
    }

    /// @notice A set moves all its legs or none, keeps the sum, the floors on the net and the limits on the gross, passes over nothing
    /// urgent unless Alice or the operator asks for it, and only a trusted module settles it.
    /// Bounds: two instructions of one leg, Alice to Bob and back, any amounts but 0, of which Alice's may be urgent; one urgent one
    /// of hers waits; the consents are the module's; what reverts changes nothing.
    function check_settleSet(bool urgent, address asker, bool isOperator, address sender) external {
        (uint64 there, uint64 back) = (any("there"), any("back"));
        Leg[] memory legs = new Leg[](2);
        legs[0] = leg(USD, ALICE, BOB, there).marked(urgent, true);
        legs[1] = leg(USD, BOB, ALICE, back).marked(false, true);
        if (!send(sender, address(ledger), abi.encodeCall(ledger.settleSet, (legs, asker, isOperator)))) {
            return;
        }

        int256 left = ledger.accountOf(USD, ALICE).balance;
        int256 payeeLeft = ledger.accountOf(USD, BOB).balance;
        assert(sender == address(payments));
        assert(left + payeeLeft == int256(uint256(start.funds) + start.payeeFunds));
        if (ledger.accountOf(USD, ALICE).outflow == 0) {
            assert(left == int256(uint256(start.funds)));
            return;
        }

        assert(left + int256(uint256(there)) == int256(uint256(start.funds) + back));
        assert(left + int256(uint256(start.credit)) >= (urgent ? int256(0) : int256(uint256(start.reserve))));
        assert(payeeLeft >= 0);
        assert(there <= start.perInstruction);
        assert(there <= start.perDay);
        assert(urgent || isOperator || asker == address(0x200));
    }
}
