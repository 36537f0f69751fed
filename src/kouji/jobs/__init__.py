"""Work that outlives the request: jobs of one line or of thousands, made by workers that may be killed."""

from .job import Callback, Event, Item, Job, Line, Order, Output
from .leases import Leases
from .ledger import Ledger
from .runner import Runner

__all__ = ["Callback", "Event", "Item", "Job", "Leases", "Ledger", "Line", "Order", "Output", "Runner"]
