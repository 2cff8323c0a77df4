"""[pure] Typed values as the text of cells: dates as ISO, numbers with the digits they have."""

import math
import re
import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = date(1970, 1, 1)


def of_double(value: float) -> str:
    """Write a number; not a number is missing."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def of_single(value: float) -> str:
    """Write a number of 32 bits with the fewest digits that give it back."""
    if math.isnan(value) or math.isinf(value) or value == int(value):
        return of_double(value)
    for digits in (6, 7, 8, 9):
        text = f"{value:.{digits}g}"
        if struct.unpack("<f", struct.pack("<f", float(text)))[0] == value:
            return text
    return repr(value)


def of_bytes(value: bytes) -> str:
    """Write bytes as text, or as hexadecimal digits where they are none."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()


def of_days(value: int) -> str:
    """Write days since 1970 as a date."""
    try:
        return (_DAY + timedelta(days=value)).isoformat()
    except OverflowError:
        return str(value)


def of_moment(value: int, per_second: int) -> str:
    """Write a time since 1970 in units of a second's part; whole days without a clock."""
    try:
        when = _EPOCH + timedelta(microseconds=value * 1_000_000 // per_second)
    except OverflowError:
        return str(value)
    if not (when.hour or when.minute or when.second or when.microsecond):
        return when.date().isoformat()
    return when.replace(tzinfo=None).isoformat(" ")


_SAS_DAYS = frozenset({"DATE", "MMDDYY", "DDMMYY", "YYMMDD", "E8601DA", "IS8601DA", "B8601DA"})
_SAS_MOMENTS = frozenset({"DATETIME", "E8601DT", "IS8601DT", "B8601DT"})
_SAS_EPOCH = 3653  # days from 1960 to 1970


def of_sas(value: float, form: str) -> str:
    """Write a number of SAS; its format says whether it counts days or seconds from 1960 on."""
    name = form.rstrip("0123456789. ").upper()
    if name in _SAS_DAYS and value == int(value):
        return of_days(int(value) - _SAS_EPOCH)
    if name in _SAS_MOMENTS and math.isfinite(value):
        return of_moment(round(value * 1_000_000) - _SAS_EPOCH * 86_400 * 1_000_000, 1_000_000)
    return of_double(value)


def of_decimal(value: int, scale: int) -> str:
    """Write a scaled whole number."""
    return str(Decimal(value).scaleb(-scale)) if scale else str(value)


def rows_of(columns: Sequence[Sequence[str]]) -> list[list[str]]:
    """Turn columns into rows; shorter columns are filled."""
    longest = max(map(len, columns), default=0)
    filled = [[*column, *[""] * (longest - len(column))] for column in columns]
    return [list(row) for row in zip(*filled, strict=True)]


def without_range(metadata: str, rows: int) -> str:
    """Leave out what pandas keeps of a plain index: how many rows there are, which the file shows.

    Shape: a schema alone has no `rows`, and speaks of whatever it belongs to.
    Source: `RangeIndex` in the metadata of pandas, a range from 0 to the number of rows by 1.
    """
    end = str(rows) if rows else r"\d{1,10}"
    plain = rf'\{{"kind": "range", "name": null, "start": 0, "stop": {end}, "step": 1\}}'
    return re.sub(plain, '"all rows"', metadata)
