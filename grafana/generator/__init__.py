"""The dashboards, written in Python: `python -m grafana.generator` makes grafana/dashboards/*.json anew.

queries asks Prometheus, panels draw, frame is what all dashboards share; leadership, sales_operations and
operations are the three dashboards. A test holds the JSON to be what this makes.
"""
