"""How a login is proven to a mail server: accounts, passwords, tokens, and what a refusal means."""
