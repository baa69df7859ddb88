import { ponder } from "ponder:registry";
import { account, payment } from "ponder:schema";

const bits = (word: bigint, offset: bigint, count: bigint) => (word >> offset) & ((1n << count) - 1n);

// The word of contracts/src/types/Terms.sol.
const unpacked = (word: bigint) => ({
  sequence: BigInt.asIntN(64, bits(word, 184n, 64n)),
  asset: Number(bits(word, 152n, 32n)),
  payer: Number(bits(word, 120n, 32n)),
  payee: Number(bits(word, 88n, 32n)),
  amount: bits(word, 24n, 64n),
});

const add = (context: any, asset: number, participant: number, amount: bigint) =>
  context.db
    .insert(account)
    .values({ asset, participant, balance: amount })
    .onConflictDoUpdate((row: any) => ({ balance: row.balance + amount }));

ponder.on("Payments:Paid", async ({ event, context }) => {
  const terms = unpacked(event.args.terms);
  await context.db.insert(payment).values({
    id: event.id,
    block: event.block.number,
    logIndex: event.log.logIndex,
    commitment: event.args.commitment,
    ...terms,
  });
  await add(context, terms.asset, terms.payer, -terms.amount);
  await add(context, terms.asset, terms.payee, terms.amount);
});

ponder.on("Ledger:Issued", async ({ event, context }) => {
  const terms = unpacked(event.args.terms);
  await add(context, terms.asset, terms.payee, terms.amount);
});
