"""What several features need about accounts: the desk that logs people in, and whose nicknames are."""
