"""Read a whole body, but never more than a limit."""

import aiohttp

_CHUNK = 64 * 1024


async def whole(content: aiohttp.StreamReader, limit: int) -> bytes | None:
    """Read to the end; None as soon as it is longer than `limit` bytes.

    Errors: as the connection's; a body that is cut short raises, it is never half an answer.
    """
    received = bytearray()
    async for chunk in content.iter_chunked(_CHUNK):
        received += chunk
        if len(received) > limit:
            return None
    return bytes(received)
