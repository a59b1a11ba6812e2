"""What the server reports about itself: loggers that keep back what is less important than was asked for.

Goes into Twisted's log, whose other entries are Twisted's own business.  Knows nothing of the configuration.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.logger import FilteringLogObserver, Logger, LogLevel, LogLevelFilterPredicate, globalLogPublisher

_important = LogLevelFilterPredicate(LogLevel.info)
# Twisted's interfaces are zope's, which annotations do not know.
_observer: Any = FilteringLogObserver(cast(Any, globalLogPublisher), [cast(Any, _important)])


def reporter(name: str) -> Logger:
    """The logger of the module with this name."""
    return Logger(name, observer=_observer)


def report_from(level: str) -> None:
    """Report what is at least as important as "debug", "info", "warn" or "error", for the whole process."""
    _important.setLogLevelForNamespace("", LogLevel.levelWithName(level))
