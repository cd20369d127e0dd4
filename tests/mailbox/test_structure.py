"""BODYSTRUCTURE as servers write it, well and badly, and which parts of a message are asked for."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.mailbox.protocol.grammar import Malformed, fetched
from auditor.mailbox.protocol.structure import MAX_PARTS, Part, read_structure, report, texts

TEXT = '("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 120 4 NIL NIL NIL)'
HTML = '("TEXT" "HTML" ("CHARSET" "utf-8") NIL NIL "7BIT" 900 20)'
PDF = '("application" "pdf" ("name" "{}") NIL NIL "base64" 5000000 NIL ("attachment" ("filename" "{}")) NIL)'
ENVELOPE = '("Mon, 2 Nov 2026 10:00:00 +0000" "Re: :(" NIL NIL NIL NIL NIL NIL NIL "<1@x>")'


def read(structure: str) -> Part:
    response = (f"* 1 FETCH (UID 1 BODYSTRUCTURE {structure})".encode(),)
    return read_structure(fetched(response)[b"BODYSTRUCTURE"])


def sections(structure: str, limit: int = 262_144) -> list[str]:
    return [part.section for part in texts(read(structure), limit)]


def test_a_single_part_is_number_one() -> None:
    part = read(TEXT)
    assert (part.section, part.type, part.encoding, part.octets) == (
        "1",
        "text/plain",
        "quoted-printable",
        120,
    )
    assert part.parameters == {"charset": "utf-8"}
    assert sections(TEXT) == ["1"]


def test_text_and_attachment() -> None:
    whole = read(f'({TEXT}{PDF.format("a", "a")} "mixed" ("boundary" "x") NIL NIL)')
    assert [part.type for part in whole.below()] == ["multipart/mixed", "text/plain", "application/pdf"]
    assert [part.disposition for part in whole.parts] == ["", "attachment"]
    assert [part.section for part in texts(whole, 1000)] == ["1"]


def test_both_forms_of_an_alternative_in_a_related_in_a_mixed() -> None:
    image = '("image" "png" NIL "<i>" NIL "base64" 70000 NIL ("inline" NIL) NIL)'
    related = f'(({TEXT}{HTML} "alternative" ("boundary" "b")){image} "related")'
    assert sections(f'({related}{PDF.format("a", "a")} "mixed")') == ["1.1.1", "1.1.2"]


def test_text_after_attachments_is_found_and_a_named_one_after_the_text_is_not_asked_for() -> None:
    log = '("text" "plain" ("name" "debug.log") NIL NIL "7bit" 9000 100 NIL ("inline" NIL))'
    assert sections(f'({PDF.format("a", "a")}{TEXT} "mixed")') == ["2"]
    assert sections(f'({TEXT}{PDF.format("a", "a")}{TEXT}{log} "mixed")') == ["1", "3"]
    assert sections(f'({log} "mixed")') == ["1"]
    assert sections(f'({TEXT}{TEXT}{TEXT} "mixed")', limit=200) == ["1", "2"]


@pytest.mark.parametrize("name", [":(", "offer(1.pdf", ")(", 'a\\"b).pdf', "NIL", "{5}", ""])
def test_names_garble_nothing(name: str) -> None:
    whole = read(f'({PDF.format(name, name)}{TEXT} "mixed" ("boundary" ":)") NIL NIL)')
    assert [part.section for part in texts(whole, 1000)] == ["2"]
    assert whole.parts[0].parameters["name"] == name.replace("\\", "")


def test_nil_wherever_a_string_belongs() -> None:
    """Exchange leaves the encoding out; others the parameters, the size, everything."""
    whole = read(f'(("text" "plain" NIL NIL NIL NIL 20 1)("text" "html" NIL NIL NIL NIL NIL NIL){TEXT} NIL)')
    assert whole.type == "multipart/mixed"
    assert [(part.encoding, part.octets) for part in whole.parts] == [
        ("", 20),
        ("", None),
        ("quoted-printable", 120),
    ]
    assert read("(NIL NIL NIL NIL NIL NIL NIL)").type == "text/plain"


def test_a_message_inside_a_message() -> None:
    inner = f'({TEXT}{HTML} "alternative" NIL)'
    message = f'("message" "rfc822" NIL NIL NIL "7bit" 3000 {ENVELOPE} {inner} 70 NIL ("attachment" NIL) NIL)'
    whole = read(f'({TEXT}{message} "mixed")')
    assert [part.section for part in texts(whole, 1000)] == ["1"]  # what is attached is not read
    assert whole.parts[1].disposition == "attachment"
    found = report(whole)
    assert found is not None
    envelope, journaled = found
    assert (envelope.section, journaled.section) == ("1", "2")
    assert [part.section for part in texts(journaled.parts[0], 9000)] == ["2.1", "2.2"]


def test_a_message_of_one_part_inside_a_message() -> None:
    message = f'("message" "rfc822" NIL NIL NIL "7bit" 3000 {ENVELOPE} {TEXT} 70)'
    found = report(read(f'({TEXT}{message} "mixed")'))
    assert found is not None
    assert [part.section for part in texts(found[1].parts[0], 9000)] == ["2.1"]


def test_a_message_inside_of_which_the_server_tells_nothing() -> None:
    whole = read(f'({TEXT}("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 1234 NIL NIL NIL) "mixed")')
    assert whole.parts[1].parts == ()
    assert report(whole) is None


def test_nesting_ends_somewhere() -> None:
    deep = TEXT
    for _ in range(40):
        deep = f'({deep} "mixed")'
    assert sections(deep) == []
    with pytest.raises(Malformed):
        read("(" * 500 + ")" * 500)
    many = read(f'({TEXT * 3000} "mixed")')
    assert len(many.parts) < MAX_PARTS


@pytest.mark.parametrize("structure", ["NIL", '"text"', "()", "12"])
def test_what_is_no_structure_says_so(structure: str) -> None:
    with pytest.raises(Malformed):
        read(structure)


_VALUES = st.recursive(
    st.none()
    | st.binary(max_size=6)
    | st.sampled_from([b"text", b"plain", b"message", b"rfc822", b"12", b"mixed"]),
    lambda inner: st.lists(inner, max_size=11),
    max_leaves=60,
)


@given(_VALUES)
def test_any_value_is_a_part_or_malformed(value: object) -> None:
    try:
        whole = read_structure(value)  # type: ignore[arg-type]
    except Malformed:
        return
    assert len(list(whole.below())) <= MAX_PARTS + 1
    for part in texts(whole, 10_000):
        assert all(piece.isdigit() for piece in part.section.split("."))
    report(whole)


@given(st.text(alphabet='()"\\ NILabc1{}[]\r\t', max_size=80))
def test_any_line_is_a_part_or_malformed(line: str) -> None:
    response = (f"* 1 FETCH (UID 1 BODYSTRUCTURE {line})".encode(),)
    with contextlib.suppress(Malformed):
        read_structure(fetched(response).get(b"BODYSTRUCTURE"))
