// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @notice Who: sequential from 1 in the order of admission; 0 is nobody.
type ParticipantId is uint32;

/// @notice What: central-bank money has its ISO 4217 number, every other asset is sequential from 1,000.
type AssetId is uint32;

/// @notice ISO 4217 numeric code.
type Currency is uint16;

/// @notice An initiator's own number of an instruction; each settles at most once, in any module.
type Sequence is uint64;

/// @notice A participant's own number of a key, from 1; never used again.
type KeyNumber is uint32;

/// @notice Where one participant's holding of one asset is: `asset u32 ‖ holder u32`.
type AccountId is uint64;

ParticipantId constant NOBODY = ParticipantId.wrap(0);

using {sameParticipant as ==, otherParticipant as !=} for ParticipantId global;
using {sameAsset as ==, otherAsset as !=} for AssetId global;

using {sameAccount as ==} for AccountId global;

function sameParticipant(ParticipantId a, ParticipantId b) pure returns (bool) {
    return ParticipantId.unwrap(a) == ParticipantId.unwrap(b);
}

function otherParticipant(ParticipantId a, ParticipantId b) pure returns (bool) {
    return ParticipantId.unwrap(a) != ParticipantId.unwrap(b);
}

function sameAsset(AssetId a, AssetId b) pure returns (bool) {
    return AssetId.unwrap(a) == AssetId.unwrap(b);
}

function otherAsset(AssetId a, AssetId b) pure returns (bool) {
    return AssetId.unwrap(a) != AssetId.unwrap(b);
}

function accountId(AssetId asset, ParticipantId holder) pure returns (AccountId) {
    return AccountId.wrap((uint64(AssetId.unwrap(asset)) << 32) | ParticipantId.unwrap(holder));
}

function sameAccount(AccountId a, AccountId b) pure returns (bool) {
    return AccountId.unwrap(a) == AccountId.unwrap(b);
}
