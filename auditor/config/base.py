"""What every part of the configuration file is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the file; a key that is not listed is an error, not a shrug."""

    model_config = ConfigDict(extra="forbid", frozen=True)
