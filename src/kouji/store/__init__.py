"""What outlives the process: records in a database, blobs in a folder. Each is chosen by URL, and opened when used.

SQLAlchemy is imported by what opens a database, never by importing kouji.
"""

from .blobs import Blobs, open_blobs
from .records import Records, may_exist, open_records

__all__ = ["Blobs", "Records", "may_exist", "open_blobs", "open_records"]
