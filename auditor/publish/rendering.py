"""The templates in `pages/`, ready to be filled: the same drawings for the live pages and the report."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

import jinja2

from auditor.publish import page


def environment(
    organisation: str, zone: tzinfo, *, show_senders: bool = False, **filters: Callable[..., Any]
) -> jinja2.Environment:
    """What fills the templates. Every value is escaped, whatever a file is called."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("auditor.publish", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(organisation=organisation, chart=page.chart, stretches=page.stretches)
    made.filters.update(
        ago=page.ago,
        moment=lambda then: page.moment(then, zone),
        number=page.number,
        pieces=page.pieces,
        team=page.team_name,
        duration=page.duration,
        because=page.because,
        usual=page.usual,
        about=lambda incident: page.about(incident, show_senders),
        **filters,
    )
    return made
