"""The commands of NickServ, one subject a file."""
