"""A row of the source with bytes that are not UTF-8, which MariaDB stores in utf8mb4 columns (surrogates)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SHOWN_BYTES = 12


class UndecodableRow(list[str | None]):
    """The values of such a row, with an escape in place of each wrong byte; `undecodable` has the bytes by position."""

    def __init__(self, values: Iterable[bytes | None]) -> None:
        super().__init__()
        self.undecodable: dict[int, bytes] = {}
        self._reason: tuple[int, str] | None = None
        for position, value in enumerate(values):
            try:
                self.append(None if value is None else value.decode())
            except UnicodeDecodeError as error:
                data = error.object
                self.append(data.decode(errors="backslashreplace"))
                self.undecodable[position] = data
                digits = data[error.start : error.start + _SHOWN_BYTES].hex(" ").upper()
                self._reason = self._reason or (position, f"byte {error.start + 1} is not UTF-8: {digits}")

    def reason(self, column_names: Sequence[str]) -> str:
        """Which column cannot be decoded, where, and its bytes from there in hexadecimal digits."""
        position, text = self._reason or (0, "")
        return f"{column_names[position]}: {text}"
