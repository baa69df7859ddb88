// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @notice The few functions of forge's test machine that the tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function assume(bool condition) external pure;
    function warp(uint256 timestamp) external;
    function etch(address target, bytes calldata code) external;
    function getBlockTimestamp() external view returns (uint256);
    function chainId(uint256 chain) external;
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function expectRevert(bytes calldata reason) external;
    function expectEmit(address emitter) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function snapshotState() external returns (uint256);
    function revertToState(uint256 snapshot) external returns (bool);
    function getCode(string calldata artifact) external view returns (bytes memory);
    function getNonce(address account) external view returns (uint64);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function assertEq(bool expected, bool actual) external pure;
    function assertEq(uint256 expected, uint256 actual) external pure;
    function assertEq(int256 expected, int256 actual) external pure;
    function assertEq(address expected, address actual) external pure;
    function assertEq(bytes32 expected, bytes32 actual) external pure;
    function assertEq(bytes calldata expected, bytes calldata actual) external pure;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev A value between two others, both included, spread over all of them.
function bound(uint256 value, uint256 least, uint256 most) pure returns (uint256) {
    return value >= least && value <= most ? value : least + value % (most - least + 1);
}
