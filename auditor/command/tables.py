"""Tables on a terminal of any width."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_BETWEEN = 2
_INDENT = 4


class Fitted:
    """A table. Where its columns have no room beside each other, a paragraph for each row: the first two
    cells as its heading, then the others, each with the name of its column."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._least() <= options.max_width:
            yield self._table
            return
        for heading, rest in self._paragraphs():
            yield heading
            yield Padding(rest, (0, 0, 0, _INDENT))

    def _least(self) -> int:
        """Columns of the terminal that the table needs; where a column has a least width it may be folded."""
        columns = self._table.columns
        widths = [
            column.min_width or max(cell_len(str(cell)) for cell in (column.header, *column.cells))
            for column in columns
        ]
        return sum(widths) + _BETWEEN * (len(columns) - 1)

    def _paragraphs(self) -> Iterator[tuple[Text, Text]]:
        names = [str(column.header) for column in self._table.columns]
        for cells in zip(*(column.cells for column in self._table.columns), strict=True):
            texts = [cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells]
            heading = Text("  ").join(text for text in texts[:2] if text)
            heading.stylize("bold")
            rest = [(name, text) for name, text in zip(names[2:], texts[2:], strict=True) if text]
            yield heading, Text("; ").join(Text(f"{name} ").append_text(text) for name, text in rest)
