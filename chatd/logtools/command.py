"""`chatd log`: the command line of the tools, and what goes wrong in words."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from chatd.config import ConfigError
from chatd.history.newest import is_written
from chatd.history.policy import Keep, Policy, policy_of
from chatd.logtools import cat, check, erase, export, grep, prune
from chatd.logtools.output import Output
from chatd.logtools.period import Period, period
from chatd.logtools.places import Place, UnknownLog, logs_of, place_of
from chatd.logtools.words import FORMS
from chatd.stores.directory import DirectoryTaken

TROUBLE = 2
Run = Callable[[argparse.Namespace, Place, Output], int]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the tools to a parser."""
    tools = parser.add_subparsers(required=True, metavar="TOOL")
    for describe in (describe_cat, describe_grep, describe_check, describe_prune, describe_export, describe_erase):
        describe(tools)


def add_tool(
    tools: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str, run: Run
) -> argparse.ArgumentParser:
    """Add a tool with the options that all have."""
    tool = tools.add_parser(name, help=what, description=what)
    tool.add_argument("--config", "-c", metavar="FILE", help="configuration of the server (TOML)")
    tool.add_argument("--data", "-d", metavar="DIR", help="its data directory, instead of server.data")
    tool.set_defaults(run=run)
    return tool


def add_logs(tool: argparse.ArgumentParser) -> None:
    """Add the names of logs, which come last."""
    tool.add_argument(
        "logs",
        nargs="*",
        metavar="LOG",
        help="'#chat', 'alice+bob' (what the two said to each other), a nickname (all its conversations), "
        "or masks of these with * and ?; all logs if none is given",
    )


def add_period(tool: argparse.ArgumentParser) -> None:
    """Add the bounds in time."""
    moments = "2026-11-24, 2026-11-24T02:29, 3d (ago; also s m h w), today, yesterday; UTC"
    tool.add_argument("--from", dest="since", metavar="MOMENT", help=f"from then on: {moments}")
    tool.add_argument("--to", dest="until", metavar="MOMENT", help="up to then; of a day to its end")


def add_form(tool: argparse.ArgumentParser) -> None:
    """Add the form of lines."""
    tool.add_argument(
        "--format", "-f", choices=FORMS, default="text", help="sentences (default), lines as logged, or JSON lines"
    )


def period_of(options: argparse.Namespace) -> Period:
    """Read the bounds in time; raises ValueError."""
    return period(options.since, options.until, datetime.now(UTC))


def describe_cat(tools: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``chatd log cat``."""
    tool = add_tool(tools, "cat", "Show what is in logs.", run_cat)
    add_period(tool)
    add_form(tool)
    add_logs(tool)


def run_cat(options: argparse.Namespace, place: Place, output: Output) -> int:
    """Do it."""
    return cat.cat(logs_of(place, options.logs), period_of(options), options.format, output)


def describe_grep(tools: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``chatd log grep``."""
    tool = add_tool(tools, "grep", "Find what was said, in plain and in compressed files. Status 1: nothing.", run_grep)
    tool.add_argument("--regex", "-E", action="store_true", help="TEXT is a regular expression, as Python has them")
    tool.add_argument("--ignore-case", "-i", action="store_true", help="capital letters are as good as small ones")
    tool.add_argument("--nick", "-n", action="append", default=[], help="said by them only; masks; may be repeated")
    tool.add_argument("--verb", "-v", action="append", default=[], help="PRIVMSG, TOPIC...; may be repeated")
    tool.add_argument("--count", action="store_true", help="only say how many lines there are")
    add_period(tool)
    add_form(tool)
    tool.add_argument("text", metavar="TEXT", help="what is looked for in messages, topics and reasons")
    add_logs(tool)


def run_grep(options: argparse.Namespace, place: Place, output: Output) -> int:
    """Do it."""
    query = grep.Query(
        options.text, options.regex, options.ignore_case, tuple(options.nick), tuple(options.verb)
    )
    logs = logs_of(place, options.logs)
    return grep.grep(logs, period_of(options), query, place.fold, options.format, options.count, output)


def describe_check(tools: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``chatd log check``."""
    add_logs(add_tool(tools, "check", "Look for damage in log files. Status 1: there is some.", run_check))


def run_check(options: argparse.Namespace, place: Place, output: Output) -> int:
    """Do it."""
    return check.check(logs_of(place, options.logs), is_written(place.root), output)


def describe_prune(tools: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``chatd log prune``."""
    tool = add_tool(tools, "prune", "Delete old files, by the configuration unless told otherwise.", run_prune)
    tool.add_argument("--days", type=natural, help="keep so many days of each log, instead of what is configured")
    tool.add_argument("--bytes", type=natural, help="keep so much of each log, instead of what is configured")
    tool.add_argument("--total-bytes", type=natural, help="keep so much of all together")
    tool.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    add_logs(tool)


def natural(text: str) -> int:
    """Read a number above 0; raises ValueError."""
    number = int(text)
    if number <= 0:
        raise ValueError
    return number


def run_prune(options: argparse.Namespace, place: Place, output: Output) -> int:
    """Do it."""
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    policy = policy_of(place.config.history, place.fold)
    if options.days or options.bytes:
        policy = Policy(Keep(options.days or 0, options.bytes or 0), total_bytes=0)
    if options.logs or options.days or options.bytes or options.total_bytes:
        policy = policy._replace(total_bytes=options.total_bytes or 0)
    return prune.prune(place, logs_of(place, options.logs), policy, now_ms, options.dry_run, output)


def describe_export(tools: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``chatd log export``."""
    tool = add_tool(tools, "export", "Write logs for others: text, JSON lines, or web pages.", run_export)
    add_period(tool)
    tool.add_argument("--format", "-f", choices=export.ENDINGS, default="text")
    tool.add_argument("--output", "-o", metavar="DIR", help="a file for each log below DIR, instead of all to stdout")
    text = "what was taken back as well, and texts as they were before they were edited"
    tool.add_argument("--with-redacted", action="store_true", help=text)
    add_logs(tool)


def run_export(options: argparse.Namespace, place: Place, output: Output) -> int:
    """Do it."""
    logs = logs_of(place, options.logs)
    return export.export(logs, period_of(options), options.format, options.output, options.with_redacted, output)


def describe_erase(tools: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``chatd log erase``."""
    tool = add_tool(tools, "erase", "Erase what somebody said and did, for good. No server may run.", run_erase)
    tool.add_argument("--account", "-a", action="append", default=[], help="who was logged in to it; may be repeated")
    tool.add_argument("--nick", "-n", action="append", default=[], help="who had that nickname; masks; may be repeated")
    tool.add_argument("--dry-run", action="store_true", help="only say how much that would be")
    add_period(tool)
    add_logs(tool)


def run_erase(options: argparse.Namespace, place: Place, output: Output) -> int:
    """Do it."""
    if not (options.account or options.nick):
        raise ValueError("whose words? Say --account or --nick")
    fold = place.fold
    accounts, nicks = frozenset(map(fold, options.account)), tuple(map(fold, options.nick))
    somebody = erase.Somebody(accounts, nicks, period_of(options), fold)
    return erase.erase(place, logs_of(place, options.logs), somebody, options.dry_run, output)


def run(options: argparse.Namespace) -> int:
    """Carry out what was parsed; gives the exit status.  Trouble is one clear line."""
    try:
        with Output() as output:
            status: int = options.run(options, place_of(options.config, options.data), output)
        return status
    except BrokenPipeError:
        raise
    except re.error as problem:
        words = f"that is no regular expression: {problem}"
    except OSError as problem:
        words = f"{problem.filename or 'output'}: {problem.strerror or problem}"
    except (ConfigError, DirectoryTaken, UnknownLog, ValueError) as problem:
        words = str(problem)
    print(f"chatd: {words}", file=sys.stderr)
    return TROUBLE
