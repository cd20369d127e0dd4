"""The two ledgers and what keeps them right: intake, judgement, the tally, forgetting, the horizon."""
