import { createConfig } from "ponder";
import { parseAbi } from "viem";

const events = parseAbi([
  "event Paid(uint256 terms, bytes32 commitment)",
  "event Issued(uint256 terms, bytes32 commitment)",
]);
const endBlock = Number(process.env.END_BLOCK);

export default createConfig({
  chains: {
    bench: { id: Number(process.env.CHAIN_ID), rpc: process.env.RPC_URL!, disableCache: true },
  },
  contracts: {
    Payments: { abi: events, chain: "bench", address: process.env.PAYMENTS as `0x${string}`, startBlock: 0, endBlock },
    Ledger: { abi: events, chain: "bench", address: process.env.LEDGER as `0x${string}`, startBlock: 0, endBlock },
  },
});
