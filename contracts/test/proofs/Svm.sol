// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @notice The few functions of halmos's own machine that the proofs use.
interface Svm {
    function createCalldata(string calldata contractName) external view returns (bytes memory data);
    function createUint(uint256 bits, string calldata name) external view returns (uint256 value);
    function enableSymbolicStorage(address account) external;
}

Svm constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
