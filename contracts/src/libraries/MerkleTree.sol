// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @title Trees of hashes whose shape follows from how many leaves there are
///
/// From the leaves up, level by level: nodes in pairs, `keccak256(left ‖ right)`; the last one of an odd level is paired with 32 zero
/// bytes. One leaf is its own root; no leaf is a root of 0. A leaf is the hash of more than 64 bytes, so that none is a node.
///
/// ASSUMPTIONS: whoever checks a path knows the number of leaves from something that the tree commits to, and asks for a path of
/// exactly `depthOf` nodes: then a place has one path, and a path one place.
library MerkleTree {
    /// @notice How many nodes a path has.
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while (1 << depth < count) ++depth;
    }

    /// @notice The root over the leaves; they are written over.
    function rootOf(bytes32[] memory nodes) internal pure returns (bytes32) {
        if (nodes.length == 0) return 0;

        for (uint256 width = nodes.length; width > 1; width = (width + 1) / 2) {
            for (uint256 left; left < width; left += 2) {
                nodes[left / 2] = _over(nodes[left], left + 1 < width ? nodes[left + 1] : bytes32(0));
            }
        }
        return nodes[0];
    }

    /// @notice The root to which a path leads from the leaf at a place.
    /// @param path The node beside it on each level, from the leaves up; zeros where there is none.
    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path)
        internal
        pure
        returns (bytes32 node)
    {
        node = leaf;
        for (uint256 i; i < path.length; ++i) {
            node = (index >> i) & 1 == 0 ? _over(node, path[i]) : _over(path[i], node);
        }
    }

    function _over(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encode(left, right));
    }
}
