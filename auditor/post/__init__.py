"""How letters leave: composed as mail, kept in the outbox until the mail server has them."""
