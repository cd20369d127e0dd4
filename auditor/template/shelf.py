"""All templates by number: those that grew lately at hand, the others packed until a text may follow them.

A company has many templates that nobody uses any more; packed they take a few kilobytes. Packing changes no
verdict: what is unpacked is what a restart would load.
"""

import zlib
from dataclasses import dataclass

from auditor.template.state import pack_template, unpack_template
from auditor.template.template import Template
from auditor.template.values import Rules


@dataclass(frozen=True, slots=True)
class _Packed:
    grew: int
    state: bytes


class Shelf:
    """A mapping of templates. A template may be changed only while it is at hand, between two `pack`s."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._at_hand: dict[int, Template] = {}
        self._packed: dict[int, _Packed] = {}
        self._numbers: dict[str, int] = {}  # by template id

    def __contains__(self, number: int) -> bool:
        return number in self._at_hand or number in self._packed

    def __getitem__(self, number: int) -> Template:
        template = self.get(number)
        if template is None:
            raise KeyError(number)
        return template

    def get(self, number: int) -> Template | None:
        """The template of this number, unpacked."""
        template = self._at_hand.get(number)
        if template is None and (packed := self._packed.get(number)) is not None:
            template = self._at_hand[number] = unpack_template(zlib.decompress(packed.state), self._rules)
        return template

    def named(self, id_: str | None) -> Template | None:
        """The template of this id, unpacked."""
        number = self._numbers.get(id_ or "")
        return None if number is None else self.get(number)

    def add(self, template: Template) -> None:
        """Put in a new template."""
        self._at_hand[template.number] = template
        self._numbers[template.id] = template.number

    def remove(self, number: int) -> None:
        """Take a template away."""
        del self._numbers[self._at_hand.pop(number).id]
        self._packed.pop(number, None)

    def change(self, number: int) -> None:
        """A template at hand is no longer what was packed, though it has not grown."""
        self._packed.pop(number, None)

    def pack(self, keep: frozenset[int]) -> None:
        """Pack all that are not in `keep`."""
        for number in [number for number in self._at_hand if number not in keep]:
            self.pack_one(number)

    def pack_one(self, number: int) -> None:
        """Pack one template, unless it is packed as it is."""
        template = self._at_hand.pop(number)
        before = self._packed.get(number)
        if before is None or before.grew != template.grew:
            self._packed[number] = _Packed(template.grew, zlib.compress(pack_template(template), 1))
