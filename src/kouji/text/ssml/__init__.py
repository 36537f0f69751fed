"""SSML 1.1, the subset that all engines share, with the extensions that clients of Azure write."""

from .elements import read
from .supported import SUPPORTED

__all__ = ["SUPPORTED", "read"]
