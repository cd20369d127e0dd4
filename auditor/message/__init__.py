"""From bytes to what a reader sees: headers, kind by form, and the authored text. Pure and stateless."""
