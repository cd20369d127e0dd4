"""What is written by a program and kept in the repository: options, commands, man page, completion, licences."""
