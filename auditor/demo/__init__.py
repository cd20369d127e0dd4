"""A small company that writes mail, and everything around it, so that the auditor can be watched at work."""
