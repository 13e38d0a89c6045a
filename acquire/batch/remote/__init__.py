"""Reports published at any place that fsspec reaches, such as a bucket of S3."""

from acquire.batch.remote.store import RemoteStore

__all__ = ["RemoteStore"]
