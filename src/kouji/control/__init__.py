"""What people ask for, turned into what engines do."""

from .delivery import delivered
from .description import Interpreter, Understood, describe
from .duration import DurationPlan, planned
from .emotion import with_emotion

__all__ = ["DurationPlan", "Interpreter", "Understood", "delivered", "describe", "planned", "with_emotion"]
