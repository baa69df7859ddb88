"""The bank's own policies: rules in CEL over an instruction, and what becomes of it by them."""
