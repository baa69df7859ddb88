"""Trades between banks: proposed, matched with what is expected, affirmed, taken back; PvP and DvP."""
