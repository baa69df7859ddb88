import { bigint, hex, integer, onchainTable, primaryKey, text } from "ponder";

export const payment = onchainTable("payment", (column) => ({
  id: text().primaryKey(),
  block: bigint().notNull(),
  logIndex: integer().notNull(),
  sequence: bigint().notNull(),
  asset: integer().notNull(),
  payer: integer().notNull(),
  payee: integer().notNull(),
  amount: bigint().notNull(),
  commitment: hex().notNull(),
}));

export const account = onchainTable(
  "account",
  (column) => ({
    asset: integer().notNull(),
    participant: integer().notNull(),
    balance: bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.asset, table.participant] }) }),
);
