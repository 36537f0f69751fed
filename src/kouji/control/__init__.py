"""What people ask for, turned into what engines do."""

from .delivery import delivered
from .description import Interpreter, Understood, describe, read_by
from .duration import DurationPlan, planned
from .emotion import with_emotion

__all__ = ["DurationPlan", "Interpreter", "Understood", "delivered", "describe", "planned", "read_by", "with_emotion"]
