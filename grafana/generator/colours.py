"""What each colour means, on every dashboard. The three parts are those of the page (its dark sheet).

Grafana shows one colour in its light and in its dark theme: these are legible on both.
"""

MASS = "#e07a3d"
TAILORED = "#dcae4f"
PERSONAL = "#35a595"

ALARM = "#d6453d"  # somebody has to do something
WATCH = "#c9a227"  # worth a look
WELL = "#5f9e6e"
CALM = "#7b8794"  # a number that is neither good nor bad
USUAL = "#8fa3b5"  # what is usual, and what is aimed at
SENT = "#5b8def"  # what was sent, where its parts do not matter
FAINT = "#a9b4bf"

PARTS = {"Mass-sent": MASS, "Tailored by hand": TAILORED, "Personal": PERSONAL}
"""By the names that legends have."""
