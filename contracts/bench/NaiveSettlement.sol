// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The gas bench's baseline: instructions of many legs as everybody writes them. Structs in storage, a bit of consent for
/// each payer, a token call for each leg, and none of the checks that `Settlement` and `Ledger` make.
contract NaiveSettlement {
    struct Leg {
        IERC20 token;
        address payer;
        address payee;
        uint256 amount;
    }

    event Submitted(uint256 indexed instruction, bytes32 commitment);
    event Affirmed(uint256 indexed instruction, address payer);
    event Settled(uint256 indexed instruction);

    error NotComplete(uint256 instruction, address payer);

    uint256 public count;
    mapping(uint256 instruction => Leg[]) private _legs;
    mapping(uint256 instruction => mapping(address payer => bool)) private _consents;

    function submit(bytes32 commitment, Leg[] calldata legs) external returns (uint256 instruction) {
        instruction = ++count;
        for (uint256 i; i < legs.length; ++i) {
            _legs[instruction].push(legs[i]);
        }
        _consents[instruction][msg.sender] = true;

        emit Submitted(instruction, commitment);
    }

    function affirm(uint256 instruction) external {
        _consents[instruction][msg.sender] = true;

        emit Affirmed(instruction, msg.sender);
    }

    function settle(uint256[] calldata instructions) external {
        for (uint256 i; i < instructions.length; ++i) {
            _settle(instructions[i]);
        }
    }

    function _settle(uint256 instruction) private {
        Leg[] storage legs = _legs[instruction];
        for (uint256 i; i < legs.length; ++i) {
            require(_consents[instruction][legs[i].payer], NotComplete(instruction, legs[i].payer));
            require(legs[i].token.transferFrom(legs[i].payer, legs[i].payee, legs[i].amount));
        }
        delete _legs[instruction];

        emit Settled(instruction);
    }
}
