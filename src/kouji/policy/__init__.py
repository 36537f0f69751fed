"""What may be done with a voice and with weights: consent, protection, licences, and the log of what was done.

Every function that writes takes the open transaction, so that a voice, its consent and its line in the log are kept
together or not at all.
"""

from .audit import Event, events, note
from .consent import Consent, check, consent_of, in_force, record, revoke
from .licences import Gate, Permit
from .protection import NEAR, Protected, guard, protect, protected, unprotect

__all__ = [
    "NEAR",
    "Consent",
    "Event",
    "Gate",
    "Permit",
    "Protected",
    "check",
    "consent_of",
    "events",
    "guard",
    "in_force",
    "note",
    "protect",
    "protected",
    "record",
    "revoke",
    "unprotect",
]
