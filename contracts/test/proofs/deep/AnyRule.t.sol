// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../../src/interfaces/IAccounts.sol";
import {Sequence} from "../../../src/types/Identifiers.sol";
import {vm} from "../../Vm.sol";
import {ProofStage} from "../ProofStage.sol";
import {svm} from "../Svm.sol";

/// @dev Bounds: lists of none or one, bytes of none or five; the operator sends nothing, so assets, admissions, modules and pauses stay.
/// @custom:halmos --solver-timeout-branching 100ms --default-array-lengths 0,1 --default-bytes-lengths 0,5
contract AnyRuleProofs is ProofStage {
    /// @notice Whatever anybody calls of what sets rules: no balance and no supply changes; only Alice's pay key sets her reserve,
    /// only her administer keys lower her limits and threshold, only the issuer's lower her credit; one key raises nothing.
    /// Bounds: one call of any function of the administration, when no change is pending.
    function check_anyRule(address sender) external {
        send(sender, address(ledger), svm.createCalldata("Administration"));

        IAccounts.Account memory account = ledger.accountOf(USD, ALICE);
        assert(account.balance == int64(start.funds));
        assert(ledger.accountOf(USD, BOB).balance == int64(start.payeeFunds));
        assert(ledger.assetOf(USD).supply == start.funds + start.payeeFunds);
        assert(account.reserve == start.reserve || sender == address(0x200));
        assert(account.perInstruction <= start.perInstruction && account.perDay <= start.perDay);
        assert(
            (account.perInstruction == start.perInstruction && account.perDay == start.perDay)
                || sender == address(0x202) || sender == address(0x203)
        );
        assert(account.credit <= start.credit && ledger.assetOf(USD).credit == account.credit);
        assert(account.credit == start.credit || sender == address(0x102) || sender == address(0x103));
        uint64 threshold = ledger.thresholdOf(ALICE, DOLLAR).amount;
        assert(threshold <= start.threshold);
        assert(threshold == start.threshold || sender == address(0x202) || sender == address(0x203));
        assert(ledger.sequenceUsed(ALICE, Sequence.wrap(USED)));
    }
}
