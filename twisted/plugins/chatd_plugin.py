"""Tells twistd that chatd exists; everything else is in chatd.tap."""

from twisted.application.service import ServiceMaker

chatd = ServiceMaker("chatd", "chatd.tap", "A chat server that speaks modern IRC.", "chatd")
