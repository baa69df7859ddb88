// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @title What a name may consist of, so that every reader can show it and store it
library Characters {
    /// @notice Whether it is exactly `length` characters of A–Z and 0–9, left aligned, and zeros.
    function isAlphanumeric(bytes32 word, uint256 length) internal pure returns (bool) {
        for (uint256 i; i < length; ++i) {
            bytes1 character = word[i];
            bool isLetter = character >= "A" && character <= "Z";
            bool isDigit = character >= "0" && character <= "9";
            if (!isLetter && !isDigit) return false;
        }
        return uint256(word) << (8 * length) == 0;
    }

    /// @notice Whether it is 1…`limit` characters of printable ASCII (space to tilde).
    function isPrintable(string calldata text, uint256 limit) internal pure returns (bool) {
        bytes calldata characters = bytes(text);
        if (characters.length == 0 || characters.length > limit) return false;

        for (uint256 i; i < characters.length; ++i) {
            if (characters[i] < 0x20 || characters[i] > 0x7e) return false;
        }
        return true;
    }

    /// @notice Whether it is `https://` and more, in all at most `limit` printable characters.
    function isSecureUrl(string calldata text, uint256 limit) internal pure returns (bool) {
        return isPrintable(text, limit) && bytes(text).length > 8 && bytes8(bytes(text)[:8]) == "https://";
    }
}
