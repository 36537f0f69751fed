"""Files by the hash of their content in a bucket: Amazon's S3, MinIO, Ceph, and others that speak its language.

    s3://bucket/prefix                              Amazon, or where AWS_ENDPOINT_URL leads
    s3://bucket/prefix?endpoint=https://minio:9000  a server of one's own

Keys and region come from where all of boto3 finds them: environment, ~/.aws, or the role of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kouji.errors import InvalidInput, MissingExtra, StoreFailed

from .blobs import KEY, checked_key, key_of

_LONGEST = 7 * 24 * 3600  # seconds that a signed link can hold (AWS Signature Version 4)


class S3Blobs:
    """See `kouji.store.Blobs`: an object each, under the prefix and the first byte of the key. Threads may share it."""

    def __init__(self, url: str) -> None:
        """Nothing is connected yet.

        Raises:
            InvalidInput: the URL names no bucket.
            MissingExtra: boto3 is not installed.
        """
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        endpoint = options.pop("endpoint", None)
        if not parts.netloc or "@" in parts.netloc or options:
            raise InvalidInput(f"{url!r} names no bucket.", "Use s3://BUCKET/PREFIX, keys come from the environment.")
        if find_spec("boto3") is None:
            raise MissingExtra("The client of S3", "s3")
        import boto3
        from botocore.config import Config

        # A wait that nobody sees is an error: a worker tries again later anyhow.
        config = Config(
            signature_version="s3v4", connect_timeout=10, read_timeout=60, retries={"max_attempts": 3},
            s3={"addressing_style": "path"} if endpoint else None,
        )  # fmt: skip
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        with self._mended("opened"):
            self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=config)

    def put(self, data: bytes) -> str:
        """See `Blobs`."""
        key = key_of(data)
        if not self.has(key):
            with self._mended("written"):
                self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=data)
        return key

    def open(self, key: str) -> bytes:
        """See `Blobs`."""
        with self._mended("read"):
            data: bytes = self._client.get_object(Bucket=self._bucket, Key=self._name(key))["Body"].read()
        if key_of(data) != key:
            raise StoreFailed(f"The object {self._name(key)} was changed from outside.", "Bring it back from a backup.")
        return data

    def delete(self, key: str) -> None:
        """See `Blobs`."""
        with self._mended("deleted"):
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def has(self, key: str) -> bool:
        """See `Blobs`."""
        from botocore.exceptions import ClientError

        with self._mended("looked for"):
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._name(key))
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                    return False
                raise
        return True

    def url(self, key: str, ttl: int = 3600) -> str:
        """See `Blobs`. Whoever has the link may read, until it ends."""
        parameters = {"Bucket": self._bucket, "Key": self._name(key)}
        with self._mended("signed"):
            link: str = self._client.generate_presigned_url(
                "get_object", Params=parameters, ExpiresIn=max(1, min(ttl, _LONGEST))
            )
        return link

    def keys(self, older_than: float) -> Iterator[str]:
        """See `Blobs`."""
        before = time.time() - older_than
        for entry in self._entries():
            name = entry["Key"].rpartition("/")[2]
            if KEY.fullmatch(name) and entry["LastModified"].timestamp() < before:
                yield name

    def clear(self) -> None:
        """See `Blobs`. A bucket that keeps old versions keeps them."""
        for entry in list(self._entries()):
            with self._mended("deleted"):
                self._client.delete_object(Bucket=self._bucket, Key=entry["Key"])

    def _entries(self) -> Iterator[dict[str, Any]]:
        """What lies under the prefix."""
        prefix = f"{self._prefix}/" if self._prefix else ""
        with self._mended("listed"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from page.get("Contents", ())

    def _name(self, key: str) -> str:
        checked_key(key)
        return "/".join(filter(None, [self._prefix, key[:2], key]))

    @contextmanager
    def _mended(self, what: str) -> Iterator[None]:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error, ValueError) as error:
            raise StoreFailed(f"A file in the bucket {self._bucket} cannot be {what}: {error}") from error
