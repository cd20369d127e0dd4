"""Panels as this house draws them: each has a description, says why it may be empty, and asks $datasource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as asked
from grafana_foundation_sdk.models.text import TextMode

from grafana.generator.colours import PARTS

DATASOURCE = shapes.DataSourceRef(type_val="prometheus", uid="${datasource}")
AS_KNOWN = "Past points stay as they were known then; the page and the report show them as judged today."
OVER_GAPS = 3 * 3600 * 1000.0
"""Milliseconds. History is hourly: lines go on over two hours without a sample, not over more."""

Panel = Any
"""The SDK has a builder for each kind of panel and no name for all of them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One query and what its series are called; `instant` asks for the newest value alone."""

    expr: str
    legend: str = ""
    instant: bool = False
    interval: str = ""  # the least step
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a panel: its title, what it shows, and why it may be empty."""

    title: str
    about: str
    empty: str = "No data yet: has Prometheus scraped the auditor?"


def dress(panel: Panel, said: Said, asks: Sequence[Ask], size: tuple[int, int]) -> Panel:
    """Give a panel its words, queries and size (width of 24, height)."""
    panel.title(said.title).description(said.about).no_value(said.empty)
    panel.datasource(DATASOURCE).span(size[0]).height(size[1])
    as_table = isinstance(panel, table.Panel | barchart.Panel)
    for position, ask in enumerate(asks):
        panel.with_target(_query(ask, ask.ref or chr(ord("A") + position), as_table))
    return panel


def numbers(
    said: Said,
    asks: Sequence[Ask],
    size: tuple[int, int],
    *,
    unit: str = "none",
    decimals: int = 0,
    colours: Mapping[str, str] | None = None,
    steps: Sequence[tuple[float | None, str]] = (),
    filled: bool = False,
    pixels: int | None = None,
) -> Panel:
    """Large numbers, one for each query. Their colours have names, or follow `steps`.

    They are as large as the panel is high; where several would not fit beside each other, `pixels` high.
    """
    panel = (
        stat.Panel()
        .unit(unit)
        .decimals(decimals)
        .graph_mode(shapes.BigValueGraphMode.NONE)
        .color_mode(shapes.BigValueColorMode.BACKGROUND_SOLID if filled else shapes.BigValueColorMode.VALUE)
        .text_mode(shapes.BigValueTextMode.VALUE_AND_NAME if len(asks) > 1 else shapes.BigValueTextMode.VALUE)
        .justify_mode(shapes.BigValueJustifyMode.CENTER)
        .orientation(shapes.VizOrientation.VERTICAL if len(asks) > 1 else shapes.VizOrientation.AUTO)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    if pixels is not None:
        panel = panel.text(common.VizTextDisplayOptions().title_size(pixels // 3).value_size(pixels))
    colour(panel, colours or {})
    if steps:
        thresholds(panel, steps)
    return dress(panel, said, [_now(ask) for ask in asks], size)


def lines(
    said: Said,
    asks: Sequence[Ask],
    size: tuple[int, int],
    *,
    unit: str = "short",
    decimals: int | None = None,
    colours: Mapping[str, str] | None = None,
    stacked: bool = False,
    bars: bool = False,
    least: float | None = 0,
    most: float | None = None,
    shades: str = "",
) -> Panel:
    """Values over time: lines, or stacked areas or bars; in named colours, or in shades of one."""
    panel = (
        timeseries.Panel()
        .unit(unit)
        .draw_style(shapes.GraphDrawStyle.BARS if bars else shapes.GraphDrawStyle.LINE)
        .line_width(0 if bars else 1 if stacked else 2)
        .fill_opacity(85 if bars else 70 if stacked else 8)
        .bar_width_factor(0.8)
        .show_points(shapes.VisibilityMode.NEVER)
        .span_nulls(False if bars else OVER_GAPS)
        .stacking(
            common.StackingConfig().mode(shapes.StackingMode.NORMAL if stacked else shapes.StackingMode.NONE)
        )
        .axis_soft_max(1)
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI))
        .legend(_legend())
    )
    if decimals is not None:
        panel.decimals(decimals)
    if least is not None:
        panel.min(least)
    if most is not None:
        panel.max(most)
    if shades:
        panel.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.SHADES).fixed_color(shades))
    else:
        colour(panel, colours or {})
    return dress(panel, said, asks, size)


def sheet(
    said: Said,
    asks: Sequence[Ask],
    size: tuple[int, int],
    *,
    key: str,
    columns: Mapping[str, str],
    widths: Mapping[str, int] | None = None,
    sort: tuple[str, bool] | None = None,
) -> Panel:
    """A table: the queries joined by the label `key`; `columns` are fields and their headings, in order."""
    panel = table.Panel().cell_height(shapes.TableCellHeight.SM).show_header(True)
    if sort is not None:
        panel.sort_by([common.TableSortByFieldState().display_name(sort[0]).desc(sort[1])])
    _arrange(panel, key if len(asks) > 1 else None, columns)
    for name in columns.values():
        width = (widths or {}).get(name)
        override(panel, name, noValue="–", **({} if width is None else {"custom.width": width}))
    return dress(panel, said, [_now(ask) for ask in asks], size)


def stacked_bars(
    said: Said,
    asks: Sequence[Ask],
    size: tuple[int, int],
    *,
    key: str,
    columns: Mapping[str, str],
    unit: str = "none",
    colours: Mapping[str, str] | None = None,
    most: float | None = None,
) -> Panel:
    """Lying bars, one for each value of the label `key`, of parts that add up."""
    panel = (
        barchart.Panel()
        .x_field(columns[key])
        .orientation(shapes.VizOrientation.HORIZONTAL)
        .stacking(shapes.StackingMode.NORMAL)
        .show_value(shapes.VisibilityMode.AUTO)
        .bar_width(0.72)
        .fill_opacity(85)
        .line_width(0)
        .unit(unit)
        .decimals(0)
        .min(0)
        .legend(_legend())
    )
    if most is not None:
        panel.max(most)
    _arrange(panel, key, columns)
    colour(panel, colours or {})
    return dress(panel, said, [_now(ask) for ask in asks], size)


def ranks(
    said: Said, asks: Sequence[Ask], size: tuple[int, int], *, unit: str = "none", colour_: str
) -> Panel:
    """Lying bars of single values, the largest first as the query sorts them."""
    panel = (
        bargauge.Panel()
        .orientation(shapes.VizOrientation.HORIZONTAL)
        .display_mode(shapes.BarGaugeDisplayMode.BASIC)
        .value_mode(shapes.BarGaugeValueMode.COLOR)
        .show_unfilled(False)
        .sizing(shapes.BarGaugeSizing.MANUAL)
        .min_viz_height(18)
        .max_viz_height(30)
        .text(common.VizTextDisplayOptions().title_size(13).value_size(15))
        .unit(unit)
        .decimals(0)
        .min(0)
        .color_scheme(fixed(colour_))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return dress(panel, said, [_now(ask) for ask in asks], size)


def words(markdown: str, size: tuple[int, int], about: str) -> Panel:
    """Sentences."""
    panel = text.Panel().mode(TextMode.MARKDOWN).content(markdown).transparent(True)
    return panel.title("").description(about).span(size[0]).height(size[1])


def colour(panel: Panel, colours: Mapping[str, str]) -> Panel:
    """Series by name; the three parts have their colours wherever they appear."""
    for name, value in {**PARTS, **colours}.items():
        panel.override_by_name(name, [_property("color", {"mode": "fixed", "fixedColor": value})])
    return panel


def thresholds(panel: Panel, steps: Sequence[tuple[float | None, str]]) -> Panel:
    """From each value on, a colour; None begins."""
    made = [models.Threshold(value=value, color=colour_) for value, colour_ in steps]
    panel.thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made))
    return panel.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))


def override(panel: Panel, name: str, **properties: object) -> Panel:
    """Properties of one column or series, by its name."""
    return panel.override_by_name(name, [_property(id_, value) for id_, value in properties.items()])


def link(title: str, url: str) -> list[dict[str, object]]:
    """A link of a cell, as the property `links`."""
    return [{"title": title, "url": url, "targetBlank": True}]


def says(*ranges: tuple[float | None, float | None, str, str]) -> list[dict[str, object]]:
    """Value mappings: from, to, the words instead of the number, their colour."""
    return [
        {
            "type": "range",
            "options": {"from": low, "to": high, "result": {"text": said, "color": colour_, "index": place}},
        }
        for place, (low, high, said, colour_) in enumerate(ranges)
    ]


def fixed(colour_: str) -> dashboard.FieldColor:
    """One colour whatever the value."""
    return dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(colour_)


def _arrange(panel: Panel, key: str | None, columns: Mapping[str, str]) -> None:
    """Join the queries' tables by a label, and keep the columns that are named, in their order."""
    steps: list[tuple[str, dict[str, object]]] = []
    if key is not None:
        steps.append(("joinByField", {"byField": key, "mode": "outer"}))
    steps.append(("filterFieldsByName", {"include": {"names": list(columns)}}))
    order = {field: place for place, field in enumerate(columns)}
    steps.append(("organize", {"excludeByName": {}, "indexByName": order, "renameByName": dict(columns)}))
    for id_, options in steps:
        panel.with_transformation(models.DataTransformerConfig(id_val=id_, options=options))


def _now(ask: Ask) -> Ask:
    return Ask(ask.expr, ask.legend, True, "", ask.ref)


def _query(ask: Ask, ref: str, as_table: bool) -> prometheus.Dataquery:
    query = prometheus.Dataquery().ref_id(ref).expr(ask.expr).datasource(DATASOURCE)
    query.editor_mode(asked.QueryEditorMode.CODE)
    if as_table:
        query.format(asked.PromQueryFormat.TABLE)
    if ask.interval:
        query.interval(ask.interval)
    query = query.legend_format(ask.legend or "__auto")
    return query.instant() if ask.instant else query.range()


def _property(id_: str, value: object) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=id_, value=value)


def _legend() -> common.VizLegendOptions:
    """One line of names below the picture, without figures."""
    return (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(shapes.LegendDisplayMode.LIST)
        .placement(shapes.LegendPlacement.BOTTOM)
        .calcs([])
    )
