"""Changes that people ask for, each a request row that judgement applies in its transaction."""
