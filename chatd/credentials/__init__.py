"""How people prove who they are: passwords, SCRAM, tokens, certificates.  Pure functions of what they are given."""
