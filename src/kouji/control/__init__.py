"""What people ask for, turned into what engines do."""

from .delivery import delivered

__all__ = ["delivered"]
