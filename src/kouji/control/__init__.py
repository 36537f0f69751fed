"""What people ask for, turned into what engines do."""

from .delivery import delivered
from .duration import DurationPlan, planned

__all__ = ["DurationPlan", "delivered", "planned"]
