"""What every part of the configuration file is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """A part of the file; a key that is not listed is an error, not a shrug."""

    model_config = ConfigDict(extra="forbid", frozen=True)
