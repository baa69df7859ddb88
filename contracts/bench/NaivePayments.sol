// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The gas bench's baseline: a batch as everybody writes it. Structs in calldata, a slot for each payment, a token
/// call for each payment, and none of the checks that `Ledger` makes.
contract NaivePayments {
    struct Payment {
        uint256 sequence;
        address payee;
        uint256 amount;
        bytes32 commitment;
    }

    event Paid(
        address indexed payer, address indexed payee, uint256 indexed sequence, uint256 amount, bytes32 commitment
    );

    error SequenceUsed(address payer, uint256 sequence);

    mapping(address payer => mapping(uint256 sequence => bool)) public used;

    function pay(IERC20 token, Payment[] calldata payments) external {
        for (uint256 i; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            require(!used[msg.sender][payment.sequence], SequenceUsed(msg.sender, payment.sequence));

            used[msg.sender][payment.sequence] = true;
            require(token.transferFrom(msg.sender, payment.payee, payment.amount));

            emit Paid(msg.sender, payment.payee, payment.sequence, payment.amount, payment.commitment);
        }
    }
}
