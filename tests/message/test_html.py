"""What a reader of HTML sees."""

import pytest

from auditor.message.html import visible_lines
from auditor.message.lines import Mark
from tests.message.letters import ANSWERS, shown_html


def texts(html: str) -> list[str]:
    return [line.text for line in visible_lines(html)]


def test_blocks_are_lines_and_inline_elements_are_not():
    assert texts("<p>Dear <b>Otto</b>,</p><div>we <a href=x>build</a><br>presses</div>") == [
        "Dear Otto,",
        "we build",
        "presses",
    ]


def test_source_line_breaks_are_spaces_but_not_in_pre():
    assert texts("<p>one\n  two</p>") == ["one two"]
    assert texts("<pre>one\ntwo</pre>") == ["one", "two"]
    assert texts("<div style='white-space: pre-wrap'>one\ntwo</div>") == ["one", "two"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<div style='display:none'>padding</div>",
        "<div style='DISPLAY : NONE !important'>padding</div>",
        "<span style='visibility:hidden'>padding</span>",
        "<span style='font-size:0'>padding</span>",
        "<span style='font-size:1px'>padding</span>",
        "<span style='font:0/0 a'>padding</span>",
        "<span style='opacity:0'>padding</span>",
        "<span style='color:#FFFFFF'>padding</span>",
        "<font color=white>padding</font>",
        "<span style='color:rgb(255, 255, 255)'>padding</span>",
        "<div style='position:absolute;left:-9999px'>padding</div>",
        "<div style='text-indent:-5000px'>padding</div>",
        "<div style='max-height:0;overflow:hidden'>padding</div>",
        "<div style='mso-hide:all'>padding</div>",
        "<p hidden>padding</p>",
        "<style>.x{display:none}</style><p class=x>padding</p>",
        "<style>p.a{color:red} .x, .y { visibility: hidden }</style><p class=y>padding</p>",
        "<title>padding</title>",
        "<script>padding</script>",
        "<!-- padding -->",
        "<template>padding</template>",
        "<noscript>padding</noscript>",
        "<div style='display:none'><div style='display:none'>padding</div></div>",
        "<svg><title>padding</title></svg>",
        "<select><option>padding</option></select>",
        "<img alt=padding src=x>",
    ],
)
def test_hidden_text_is_not_seen(hidden):
    assert texts(f"<body><p>Before.</p>{hidden}<p>After.</p>") == ["Before.", "After."]


@pytest.mark.parametrize(
    "visible",
    [
        "<div style='font-size:0'><p style='font-size:14px'>words</p></div>",
        "<td bgcolor='#003366'><span style='color:#ffffff'>words</span></td>",
        "<div style='background:#036'><span style='color:white'>words</span></div>",
        "<style>@media (max-width:600px) { .m { display:none } }</style><p class=m>words</p>",
        "<div style='font-size:12px;line-height:0'>words</div>",
        "<div style='border-width:0;padding:0'>words</div>",
        "<div style='min-height:0'>words</div>",
        "<p style='color:#fffbe6;background-color:#222'>words</p>",
        "<div style='opacity:0.9'>words</div>",
        "<div style='margin-left:-10px'>words</div>",
    ],
)
def test_visible_text_is_seen(visible):
    html = f"<table><tr>{visible}</tr></table>" if visible.startswith("<td") else visible
    assert texts(html) == ["words"]


def test_marks_cannot_be_forged():
    forged = "a\x15b&#21;c&#x15;d&#x00015e &#17; &#9;f"
    assert texts(f"<p>{forged}</p><p>seen</p>")[-1] == "seen"
    assert all(line.mark is Mark.OWN for line in visible_lines(f"<p>{forged}</p><p>seen</p>"))


@pytest.mark.parametrize(
    "quoted",
    [
        "<div class='gmail_quote'>On Mon, May 3, 2027 Otto &lt;o@orchard.test&gt; wrote:<br>"
        "<blockquote>old</blockquote></div>",
        "<div class='moz-cite-prefix'>Am 03.05.27 schrieb Otto:</div>"
        "<blockquote type='cite'>old</blockquote>",
        "<div id='appendonsend'></div><hr><div id='divRplyFwdMsg'><b>From:</b> Otto</div><div>old</div>",
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in'><p><b>From:</b> Otto"
        " &lt;o@orchard.test&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Mira"
        "<br><b>Subject:</b> x</p></div></div><p>old</p>",
        "<div class='yahoo_quoted'>On Monday Otto wrote: old</div>",
        "<blockquote type='cite'><div>On May 3, 2027, Otto &lt;o@orchard.test&gt; wrote:</div>"
        "<div>old</div></blockquote>",
        "<div class='protonmail_quote'>old</div>",
    ],
)
def test_quotes_of_mail_programs(quoted):
    assert shown_html(f"<div>Thursday suits me well.</div>{quoted}", **ANSWERS) == ["thursday suits me well"]


@pytest.mark.parametrize(
    "signature",
    [
        "<div class='gmail_signature'>Mira Holt<br>Northwind Tools</div>",
        "<div class='moz-signature'>-- <br>Mira Holt</div>",
        "<div id='Signature'><table><tr><td>Mira Holt</td><td>Sales</td></tr></table></div>",
    ],
)
def test_signatures_of_mail_programs(signature):
    assert shown_html(f"<p>Thursday suits me well.</p><p>Kind regards,</p>{signature}") == [
        "thursday suits me well"
    ]


def test_a_pitch_inside_a_signature_element_is_read():
    pitch = "".join(
        f"<p>Our press number {n} saves your plant a whole shift each week, every week of it.</p>"
        for n in range(6)
    )
    assert len(shown_html(f"<p>Hello.</p><div class='gmail_signature'>{pitch}</div>")) == 7


def test_deep_nesting_is_read_without_building_a_tree():
    assert texts("<div>" * 50_000 + "deep" + "</div>" * 50_000) == ["deep"]
