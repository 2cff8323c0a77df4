"""The object store on an S3 server: one bucket, `<zone>/<hex>`; the only `minio` user.

A key is a promise about bytes, so nothing is written under a digest before all of it was hashed:
small objects in one request, large ones by parts under `incoming/`, then by the server's own copy.
Knows nothing of snapshots or requests. What the server says is trimmed to its code; its error is
chained. A server's object lock is never relied on: the digest proves what lies there.
"""

import hashlib
import io
import os
import secrets
import ssl
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from minio import Minio
from minio.commonconfig import ComposeSource
from minio.datatypes import Object
from minio.error import MinioException, S3Error
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from orchestrator.errors import Invalid, NotAllowed, Tampered, TreError, Unavailable
from orchestrator.objectstore import refuse
from orchestrator.objectstore.port import Frozen
from orchestrator.objectstore.posix import refusals
from orchestrator.objectstore.zones import Zone
from orchestrator.settings import Settings
from orchestrator.values import Digest, digest_of, parse_digest

PART = 16 << 20
MOST_PARTS = 10_000  # of one upload, by the S3 reference
LARGEST_PART = 512 << 20  # a part is held in memory; 5 TiB, the largest object, fit in 10,000
BLOCK = 1 << 18
INCOMING = "incoming/"
WORKERS = 8
FETCHED = ".fetched"

_MISSING = frozenset({"NoSuchKey", "NoSuchVersion"})
_KEY = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden"})
_FULL = frozenset(
    {"QuotaExceeded", "InsufficientStorage", "InsufficientCapacity", "XMinioStorageFull"}
)


class S3Store:
    """A bucket of zones. Several processes may use one at the same time."""

    def __init__(self, client: Minio, bucket: str, root: Path) -> None:
        """Use a bucket that is there; `root` is a folder of this machine for what must be files."""
        self._client = client
        self._bucket = bucket
        self.root = root.absolute()

    @staticmethod
    def at(settings: Settings) -> "S3Store":
        """Open the bucket that the settings name.

        Errors: Invalid when they name none; Unavailable when it is away, missing or refuses the
        key; NotAllowed when it answers without a key. Nothing starts then.
        """
        wanted = {"TRE_S3_ENDPOINT": settings.s3_endpoint, "TRE_S3_BUCKET": settings.s3_bucket}
        if absent := [name for name, value in wanted.items() if not value]:
            raise Invalid(f"TRE_STORE is s3, so set {' and '.join(absent)} too.", code="bad_store")
        access, secret = settings.s3_access_key, settings.s3_secret_key
        client = _client(settings, access.get_secret_value(), secret.get_secret_value())
        store = S3Store(client, settings.s3_bucket, settings.state_dir / "store")
        _unless_open(_client(settings, None, None), settings.s3_bucket)
        store._unless_there()
        return store

    def freeze(self, zone: Zone, stream: BinaryIO, limit: int) -> Frozen:
        """See the port."""
        refuse.unless_freezable(zone)
        return self._freeze(zone, _Measured(stream, limit))[0]

    def freeze_tree(self, zone: Zone, files: Sequence[Path], limit: int) -> list[Frozen]:
        """See the port.

        The server has no transaction over many keys, so what this call made is removed when a
        later file fails. Bytes that were there before it stay.
        """
        refuse.unless_freezable(zone)
        if sum(map(refuse.regular_size, files)) > limit:
            raise refuse.too_large(limit)
        made: list[Digest] = []

        def take(file: Path) -> Frozen:
            with refuse.regular(file) as origin, os.fdopen(os.dup(origin), "rb") as stream:
                frozen, fresh = self._freeze(zone, _Measured(stream, limit), look=True)
            if fresh:
                made.append(frozen.digest)
            return frozen

        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                frozen = list(pool.map(take, files))
            if sum(one.size for one in frozen) > limit:  # a file grew while it was read
                raise refuse.too_large(limit)
        except BaseException:
            for digest in made:
                with suppress(Unavailable):  # then it is collected, since no row names it
                    self.delete(zone, digest)
            raise
        return frozen

    def copy(self, source: Zone, digest: Digest, target: Zone) -> None:
        """See the port.

        The bytes come here, are hashed, and go back: a copy made by the server itself would be
        one of bytes that nobody looked at. The last of them go only when all are their name.
        """
        refuse.unless_a_move(source, target)
        key = _key(target, digest)
        with self._get(source, digest) as body:
            proven = cast(BinaryIO, _Proven(body, digest, refuse.tampered(source, digest)))
            with _translated():
                self._client.put_object(
                    self._bucket,
                    key,
                    proven,
                    body.size,
                    part_size=_part_size(body.size),
                    num_parallel_uploads=1,
                )

    def open(self, zone: Zone, digest: Digest) -> AbstractContextManager[BinaryIO]:
        """See the port."""
        return io.BufferedReader(self._get(zone, digest), BLOCK)

    def stat(self, zone: Zone, digest: Digest) -> int | None:
        """See the port."""
        key = _key(zone, digest)
        try:
            return self._client.stat_object(self._bucket, key).size
        except S3Error as error:
            if error.code in _MISSING:
                return None
            raise _refused(error) from error
        except (MinioException, HTTPError) as error:
            raise _refused(error) from error

    def verify(self, zone: Zone, digest: Digest) -> int:
        """See the port."""
        hasher, size = hashlib.sha256(), 0
        with self._get(zone, digest) as body:
            for block in body.blocks():
                hasher.update(block)
                size += len(block)
        if "sha256:" + hasher.hexdigest() != digest:
            raise refuse.tampered(zone, digest)
        return size

    def delete(self, zone: Zone, digest: Digest) -> None:
        """See the port.

        In a bucket that keeps versions a plain removal hides the bytes, so every version goes.
        """
        self._erase(_key(zone, digest))

    def digests(self, zone: Zone) -> Iterator[Digest]:
        """See the port."""
        for found in self._list(f"{zone}/"):
            yield Digest(f"sha256:{str(found.object_name).removeprefix(f'{zone}/')}")

    @contextmanager
    def local(self, zone: Zone, digest: Digest) -> Iterator[Path]:
        """See the port."""
        folder = self.root / FETCHED
        with refusals():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / secrets.token_hex(16)
        try:
            self.place(zone, digest, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def place(self, zone: Zone, digest: Digest, target: Path) -> None:
        """See the port."""
        try:
            with self._get(zone, digest) as body, refusals(), target.open("xb") as file:
                for block in _Proven(body, digest, refuse.tampered(zone, digest)):
                    file.write(block)
                os.fchmod(file.fileno(), 0o444)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def sweep(self, before: float) -> int:
        """See the port."""
        stale = [
            str(found.object_name)
            for found in self._list(INCOMING)
            if found.last_modified is not None and found.last_modified.timestamp() < before
        ]
        for key in stale:
            self._erase(key)
        fetched = [
            path for path in (self.root / FETCHED).glob("*") if path.stat().st_mtime < before
        ]
        for path in fetched:
            path.unlink(missing_ok=True)
        return len(stale) + len(fetched) + self._abort(before)

    def collect(self, zone: Zone, keep: Collection[Digest], before: float) -> int:
        """See the port."""
        refuse.unless_freezable(zone)
        removed = 0
        for found in list(self._list(f"{zone}/")):
            digest = Digest(f"sha256:{str(found.object_name).removeprefix(f'{zone}/')}")
            assert found.last_modified is not None, "a listing always says when"
            if digest not in keep and found.last_modified.timestamp() < before:
                self.delete(zone, digest)
                removed += 1
        return removed

    def _freeze(self, zone: Zone, source: "_Measured", look: bool = False) -> tuple[Frozen, bool]:
        """Store a stream; with `look` also say whether its bytes are new in the zone."""
        head = source.read(PART + 1)
        if len(head) > PART:
            source.put_back(head)
            return self._freeze_large(zone, source, look)
        fresh = look and self.stat(zone, source.frozen.digest) is None
        self._put(_key(zone, source.frozen.digest), head)
        return source.frozen, fresh

    def _freeze_large(self, zone: Zone, source: "_Measured", look: bool) -> tuple[Frozen, bool]:
        """By parts under a name that promises nothing, then under the digest."""
        aside = INCOMING + secrets.token_hex(16)
        try:
            with _translated():
                self._client.put_object(
                    self._bucket,
                    aside,
                    cast(BinaryIO, source),
                    -1,
                    part_size=_part_size(source.limit),
                    num_parallel_uploads=1,  # an abort must not meet a part under way
                )
            fresh = look and self.stat(zone, source.frozen.digest) is None
            with _translated():
                self._client.compose_object(
                    self._bucket,
                    _key(zone, source.frozen.digest),
                    [ComposeSource(self._bucket, aside)],
                )
        finally:
            with suppress(Unavailable):  # then the sweeper takes it
                self._erase(aside)
        return source.frozen, fresh

    def _put(self, key: str, data: bytes) -> None:
        with _translated():
            self._client.put_object(self._bucket, key, io.BytesIO(data), len(data))

    def _get(self, zone: Zone, digest: Digest) -> "_Body":
        key = _key(zone, digest)
        try:
            return _Body(self._client.get_object(self._bucket, key))
        except S3Error as error:
            if error.code in _MISSING:
                raise refuse.missing(zone, digest) from error
            raise _refused(error) from error
        except (MinioException, HTTPError) as error:
            raise _refused(error) from error

    def _list(self, prefix: str) -> Iterator[Object]:
        with _translated():
            yield from self._client.list_objects(self._bucket, prefix=prefix, recursive=True)

    def _erase(self, key: str) -> None:
        """Remove a key with all its versions."""
        with _translated():
            for found in list(
                self._client.list_objects(
                    self._bucket, prefix=key, recursive=True, include_version=True
                )
            ):
                if found.object_name == key:
                    self._client.remove_object(self._bucket, key, version_id=found.version_id)

    def _abort(self, before: float) -> int:
        """End uploads by parts that a killed process began; the client has no public verb."""
        ended, marker = 0, None
        while True:
            with _translated():
                page = self._client._list_multipart_uploads(self._bucket, key_marker=marker)
                for upload in page.uploads:
                    begun = upload.initiated_time
                    if begun is None or begun.timestamp() >= before:
                        continue
                    self._client._abort_multipart_upload(
                        self._bucket, upload.object_name, str(upload.upload_id)
                    )
                    ended += 1
            if not page.is_truncated or page.next_key_marker is None:
                return ended
            marker = page.next_key_marker

    def _unless_there(self) -> None:
        with _translated():
            there = self._client.bucket_exists(self._bucket)
        if not there:
            raise Unavailable(
                f"The object store has no bucket {self._bucket}. Make it, or correct "
                "TRE_S3_BUCKET, then start again.",
                code="no_bucket",
            )


class _Measured:
    """A sender's stream: read once, hashed and counted on the way, cut off at the limit."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        """Begin where the stream stands; `limit` in bytes."""
        self.limit = limit
        self._stream = stream
        self._hasher = hashlib.sha256()
        self._size = 0
        self._ahead = b""

    @property
    def frozen(self) -> Frozen:
        """What was read so far; everything, once `read` has answered fewer bytes than asked."""
        return Frozen(Digest("sha256:" + self._hasher.hexdigest()), self._size)

    def put_back(self, data: bytes) -> None:
        """Give these bytes first when reading goes on; they were counted already."""
        self._ahead = data

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for, fewer at the end only.

        Errors: Invalid past the limit; whatever the stream raises.
        """
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        parts, left = [ahead], size - len(ahead)
        while left > 0 and (block := self._stream.read(min(BLOCK, left))):
            self._size += len(block)
            if self._size > self.limit:
                raise refuse.too_large(self.limit)
            self._hasher.update(block)
            parts.append(block)
            left -= len(block)
        return b"".join(parts)


class _Body(io.RawIOBase):
    """The bytes of one object as they come; `size` in bytes.

    Errors: Unavailable when the connection ends before all of them came.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        """Read from an answer of the server; it is closed with this."""
        super().__init__()
        self._response = response
        self.size = int(response.headers["Content-Length"])

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Give the next bytes."""
        with _translated():
            block = self._response.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def blocks(self) -> Iterator[bytes]:
        """All bytes, in pieces."""
        while True:
            with _translated():
                block = self._response.read(BLOCK)
            if not block:
                return
            yield block

    def close(self) -> None:
        """End the answer, also in its middle."""
        if not self.closed:
            self._response.close()
            self._response.release_conn()
        super().close()


class _Proven:
    """Bytes on their way: the last of them are handed on only when all are their name."""

    def __init__(self, body: _Body, digest: Digest, otherwise: Tampered) -> None:
        """Raise `otherwise` when they are not."""
        self._body = body
        self._left = body.size
        self._digest = digest
        self._otherwise = otherwise
        self._hasher = hashlib.sha256()
        if not self._left and digest != digest_of(b""):
            raise otherwise

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`."""
        with _translated():
            block = self._body._response.read(min(size, BLOCK))
        self._hasher.update(block)
        self._left -= len(block)
        if self._left <= 0 and "sha256:" + self._hasher.hexdigest() != self._digest:
            raise self._otherwise
        return block

    def __iter__(self) -> Iterator[bytes]:
        """All bytes, in pieces."""
        return iter(lambda: self.read(BLOCK), b"")


def _client(settings: Settings, access: str | None, secret: str | None) -> Minio:
    """A client that trusts what this machine trusts and gives up after seconds, not minutes."""
    pool = PoolManager(
        timeout=Timeout(connect=5, read=60),
        maxsize=WORKERS + 2,
        retries=Retry(
            total=3,
            backoff_factor=0.1,
            status_forcelist=[502, 503, 504],
            raise_on_status=False,  # the last answer says more than "too many errors"
        ),
        ssl_context=ssl.create_default_context(),
    )
    return Minio(
        settings.s3_endpoint,
        access_key=access or None,
        secret_key=secret,
        secure=settings.s3_tls,
        region=settings.s3_region,
        http_client=pool,
    )


def _unless_open(stranger: Minio, bucket: str) -> None:
    """Refuse a server that answers without a key: an empty list of keys once meant everybody.

    Errors: NotAllowed; Unavailable when it does not answer at all.
    """
    try:
        next(iter(stranger.list_objects(bucket)), None)
    except (MinioException, HTTPError) as error:
        if isinstance(error, S3Error) and error.code in _KEY | {"NoSuchBucket"}:
            return
        raise _refused(error) from error
    raise NotAllowed(
        f"Everybody can read bucket {bucket} without a key, so nothing is stored there. Close it, "
        "then start again.",
        code="store_open",
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the server or the way to it says into a sentence of ours.

    Errors: Unavailable.
    """
    try:
        yield
    except (MinioException, HTTPError) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> TreError:
    code = error.code if isinstance(error, S3Error) else None
    if code in _FULL:
        return _later("is full", "store_full")
    if code in _KEY:
        return Unavailable(
            f"The object store refuses the access key of this installation ({code}); nothing was "
            "stored and nothing was lost. Tell the administrator: the key must read, write, list "
            "and delete in its bucket.",
            code="store_refused",
        )
    if code is not None:
        return _later(f"refused ({code[:40]})", "store_refused")
    return _later(f"does not answer ({type(error).__name__})", "store_away")


def _later(why: str, code: str) -> Unavailable:
    return Unavailable(
        f"The object store {why}; nothing was stored and nothing was lost. Tell the "
        "administrator, then send the file again.",
        code=code,
    )


def _key(zone: Zone, digest: Digest) -> str:
    """Errors: Invalid for what is not a digest, so that no name from outside becomes a key."""
    return f"{zone}/{parse_digest(digest).removeprefix('sha256:')}"


def _part_size(most: int) -> int:
    """Parts so large that 10,000 of them hold `most` bytes."""
    return min(max(PART, -(-most // MOST_PARTS)), LARGEST_PART)
