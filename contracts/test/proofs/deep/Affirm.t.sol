// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetKind, DayRule} from "../../../src/types/Kinds.sol";
import {Approval} from "../../../src/types/Instruction.sol";
import {Instruction, Leg} from "../../../src/types/Legs.sol";
import {vm} from "../../Vm.sol";
import {SettlementProofStage} from "../SettlementProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract AffirmProofs is SettlementProofStage {
    uint64 private dollars;
    uint64 private euros;
    uint64 private euroFunds;
    uint64 private euroReserve;

    function setUp() public override {
        super.setUp();
        ledger.registerAsset(EURO, AssetKind.CentralBankMoney, CENTRAL_BANK, DayRule.UtcDay);
        ledger.openAccount(EUR, ALICE);
        ledger.openAccount(EUR, BOB);
        (euroFunds, euroReserve) = (any("euroFunds"), any("euroReserve"));
        (dollars, euros) = (any("dollars"), any("euros"));
        issue(3, EUR, BOB, euroFunds);
        vm.prank(address(0x300));
        ledger.setReserve(EUR, euroReserve);

        vm.assume(dollars <= start.threshold && uint256(dollars) + euros <= uint64(type(int64).max));
        Instruction[] memory batch = new Instruction[](1);
        batch[0] = exchange();
        vm.prank(address(0x200));
        settlement.submit(batch, 0, new Approval[](0));
    }

    /// @notice Both legs move or none does, each keeps the sum of its asset, the payer's floor and limits, and Bob's pay key completes it.
    /// Bounds: an instruction of two legs, Alice's dollars for Bob's euros, which Alice has submitted without an approval and not urgent;
    /// Bob has no credit in euros; one affirmation without an approval, whoever sends it; what reverts changes nothing.
    function check_affirm(bool urgent, address sender) external {
        bytes memory data = abi.encodeCall(settlement.affirm, (exchange(), urgent, new Approval[](0)));
        bool isDone = send(sender, address(settlement), data);
        bool waits = settlement.waitingOf(settlement.digestOf(exchange())).acceptedAt != 0;

        int256 paid = int256(uint256(start.funds)) - ledger.accountOf(USD, ALICE).balance;
        int256 given = int256(uint256(euroFunds)) - ledger.accountOf(EUR, BOB).balance;
        assert(paid == ledger.accountOf(USD, BOB).balance - int256(uint256(start.payeeFunds)));
        assert(given == ledger.accountOf(EUR, ALICE).balance);
        assert(
            waits
                ? paid == 0 && given == 0
                : paid == int256(uint256(dollars)) && given == int256(uint256(euros))
        );
        if (isDone) assert(sender == address(0x300) && euros <= start.payeeThreshold);
        if (waits) return;

        assert(isDone);
        assert(uint256(start.funds) + start.credit >= uint256(dollars) + start.reserve);
        assert(dollars <= start.perInstruction && dollars <= start.perDay);
        assert(euroFunds >= (urgent ? euros : uint256(euros) + euroReserve));
    }

    function exchange() private view returns (Instruction memory) {
        Leg[] memory legs = new Leg[](2);
        legs[0] = leg(USD, ALICE, BOB, dollars);
        legs[1] = leg(EUR, BOB, ALICE, euros);
        return instructionOf(UNUSED, 0, legs);
    }
}
