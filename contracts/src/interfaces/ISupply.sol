// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";
import {Approval} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";

/// @notice How units come into being and cease to be.
interface ISupply {
    event Issued(Terms terms, bytes32 commitment);
    event RedemptionRequested(Terms terms, bytes32 commitment);
    event Redeemed(Terms terms, bytes32 commitment);
    event RedemptionRefused(Terms terms, bytes32 commitment);
    event RedemptionWithdrawn(Terms terms, bytes32 commitment);

    /// @notice No redemption with these terms and this commitment waits.
    error RedemptionUnknown(Terms terms, bytes32 commitment);
    /// @notice Less is issued than the redemption would take back: the rest is drawn credit, which somebody has to pay in
    /// first.
    error SupplyTooSmall(AssetId asset, uint64 supply, uint64 amount);

    /// @notice Brings new units into being. Terms: payer is the issuer, payee the holder. The issuer's pay key, with an
    /// approval above its threshold.
    function issue(Terms terms, bytes32 commitment, Approval[] calldata approvals) external;

    /// @notice Asks the issuer to take units back; they leave the balance and are locked. Terms: payer is the holder, payee
    /// the issuer. The holder's pay key, with an approval above its threshold.
    function requestRedemption(Terms terms, bytes32 commitment, Approval[] calldata approvals) external;

    /// @notice Ends a requested redemption: the locked units cease to be. The issuer's pay key, with an approval above its
    /// threshold. The issuer confirms before it pays out elsewhere: until then the holder may withdraw.
    function confirmRedemption(Terms terms, bytes32 commitment, Approval[] calldata approvals) external;

    /// @notice Ends a requested redemption: the locked units go back to the holder. The issuer's pay key. They stay counted
    /// in the day's outflow and in the single-key total: a limit bounds what was sent out, not what came back.
    function refuseRedemption(Terms terms, bytes32 commitment) external;

    /// @notice Ends a requested redemption that the issuer has not answered: the locked units go back to the holder, counted
    /// as after a refusal. The holder's pay key, whatever the standing of either side.
    function withdrawRedemption(Terms terms, bytes32 commitment) external;

    /// @notice Whether a redemption waits for its issuer.
    function redemptionPending(Terms terms, bytes32 commitment) external view returns (bool);
}
