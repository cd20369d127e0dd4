"""Questions to the store. Nothing here writes."""
