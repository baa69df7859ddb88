"""Seeds on which something once broke, with what it was: lived first, for ever."""

REGRESSIONS = {
    25: "a chain that came back shorter, below its depth, was taken for one set back (node/follower)",
    221: "what somebody else had usurped was voided again and again, each time in vain (node/services/voids)",
    1342: "a clock that went back put off the alarm over a lost nonce by as much (node/submitter/broadcast)",
    2915: "the model had no answer for the state of a block that a shorter chain no longer has (the model)",
    11590: "a chain cut short below what is final, above the mirror, was no cause of alarm (the day)",
    12232: "twenty instructions, one transaction at a time, took longer than the evening (the day)",
    54645: "what was known of a lost nonce was forgotten at another key's turn (node/submitter/broadcast)",
}
