"""The life of an incident, from the first sign to its end: a pure decision with a named reason."""
