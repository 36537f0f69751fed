"""What may be done with a voice: consent, protection, and the log of what was done.

Every function takes the open transaction, so that a voice, its consent and its line in the log are kept together or
not at all.
"""

from .audit import Event, events, note
from .consent import Consent, check, consent_of, record, revoke
from .protection import NEAR, Protected, guard, protect, protected, unprotect

__all__ = [
    "NEAR",
    "Consent",
    "Event",
    "Protected",
    "check",
    "consent_of",
    "events",
    "guard",
    "note",
    "protect",
    "protected",
    "record",
    "revoke",
    "unprotect",
]
