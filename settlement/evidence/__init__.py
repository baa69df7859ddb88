"""Proof that needs nobody's word: headers, seals, transactions and receipts, checked to the bit."""
