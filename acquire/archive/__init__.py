"""A folder of reports as one file to keep or to mail: a zip with its hashes, or a single page."""

from acquire.archive.links import BrokenLinksError
from acquire.archive.package import Archived, archive
from acquire.archive.single import single_page
from acquire.archive.verify import verify

__all__ = ["Archived", "BrokenLinksError", "archive", "single_page", "verify"]
