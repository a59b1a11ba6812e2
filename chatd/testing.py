"""A whole server in memory, with clients and a hand-cranked clock: for tests, and for authors of plugins.

``Stage`` has one node on the embedded bus, or several on a bus that hands events back only after the turn has ended.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import chatd.features
from chatd.config import Accounts, Config
from chatd.core.accounts import Account
from chatd.core.catalog import Catalog
from chatd.core.events import AccountChanged, AccountRegistered, Event
from chatd.interfaces import AccountStore, ChannelStore, Letter, Peer, ServerBanStore
from chatd.journal.unsaved import MemoryJournal
from chatd.memory_history import MemoryHistory
from chatd.server import ChatServer
from chatd.stores.memory import MemoryAccounts
from chatd.stores.memory_channels import MemoryChannels
from chatd.stores.shelf import Shelf
from chatd.wire.chunks import pack_words


class MemoryMailer:
    """Keeps what would be sent; while ``problem`` says something, letters fail with it."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.problem = ""

    def send(self, letter: Letter, done: Callable[[str], None]) -> None:
        """See ``interfaces.Mailer``."""
        if not self.problem:
            self.letters.append(letter)
        done(self.problem)


class LateBus:
    """Hands every event to all nodes, in one order, but only when the turn has ended."""

    def __init__(self) -> None:
        self._nodes: list[Callable[[Event], None]] = []
        self._events: deque[Event] = deque()

    def join(self, happened: Callable[[Event], None]) -> None:
        """One more node."""
        self._nodes.append(happened)

    def publish(self, event: Event) -> None:
        """Keep it for later."""
        self._events.append(event)

    def deliver(self) -> bool:
        """Give the oldest event to all nodes, to each a copy of its own; False when there is none."""
        if not self._events:
            return False
        event = self._events.popleft()
        for happened in self._nodes:
            happened(copy.copy(event))
        return True


class Client:
    """One client on the stage; what it was sent is in ``lines`` until ``sees`` or ``take`` has it."""

    def __init__(self, stage: Stage, node: ChatServer, peer: Peer) -> None:
        self.stage = stage
        self.node = node
        self.lines: list[str] = []
        self.closed = False
        self.writes = 0
        self._partial = b""
        self.session = node.connect(self, peer)
        stage.settle()

    def write(self, octets: bytes) -> None:
        """See ``interfaces.Writer``."""
        self.writes += 1
        *lines, self._partial = (self._partial + octets).split(b"\r\n")
        self.lines += [line.decode() for line in lines]

    def close(self) -> None:
        """See ``interfaces.Writer``."""
        self.closed = True

    abort = close

    def sends(self, *lines: str) -> Client:
        """Send lines, one turn for each."""
        for line in lines:
            self.session.receive(f"{line}\r\n".encode())
            self.stage.settle()
        return self

    def sends_bytes(self, octets: bytes) -> Client:
        """Send bytes as they are, in one turn."""
        self.session.receive(octets)
        self.stage.settle()
        return self

    def disappears(self, reason: str = "Connection closed") -> None:
        """The connection is lost."""
        self.session.lost(reason)
        self.stage.settle()

    def take(self) -> list[str]:
        """Everything sent since the last look."""
        lines, self.lines = self.lines, []
        return lines

    def server_time(self) -> str:
        """The present moment as this client is shown it."""
        return self.node.time_text()

    def sees(self, *expected: str) -> None:
        """Assert that exactly these lines were sent since the last look."""
        taken = self.take()
        assert taken == list(expected), f"expected {list(expected)}, saw {taken}"

    def numerics(self, *codes: str) -> list[list[str]]:
        """What was sent since the last look, as words, only these numerics or verbs when any are named."""
        words = [line.split(" ", 3) for line in self.take()]
        return [line for line in words if not codes or (len(line) > 1 and line[1] in codes)]


class Stage:
    """One or more servers that share a network.

    ``nodes`` above one, or ``late``, puts a ``LateBus`` between them; clients are spread over the nodes in turn.
    ``shelf`` is what the stores in memory share, for those that are not given; set its ``is_gone``, and they fail.
    ``journals`` are what each node has not saved yet: with those of another stage, that one was killed just before.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        nodes: int = 1,
        late: bool = False,
        features: Sequence[Any] = (chatd.features,),
        texts: dict[str, list[str]] | None = None,
        control: dict[str, Callable[[], list[str]]] | None = None,
        accounts: AccountStore | None = None,
        kept_channels: ChannelStore | None = None,
        journals: Sequence[MemoryJournal] = (),
        keeper: ServerBanStore | None = None,
    ) -> None:
        self.shelf = Shelf()
        self.accounts = accounts or MemoryAccounts(self.shelf)
        self.kept_channels = kept_channels or MemoryChannels(self.shelf)
        self.mailer = MemoryMailer()
        self.keeper = keeper
        self.now_s = 1_700_000_000.0
        self.bus = LateBus() if late or nodes > 1 else None
        self.soon: deque[Callable[[], None]] = deque()
        self.work: deque[Callable[[], None]] = deque()
        self.catalog = Catalog.collect(*features)
        self.histories = [MemoryHistory() for _ in range(nodes)]
        self.journals = journals or [MemoryJournal() for _ in range(nodes)]
        self.nodes = [self._make_node(number, config or Config(), texts, control) for number in range(nodes)]
        self.history = self.histories[0]
        self._connected = 0

    def _make_node(
        self,
        number: int,
        config: Config,
        texts: dict[str, list[str]] | None,
        control: dict[str, Callable[[], list[str]]] | None,
    ) -> ChatServer:
        return ChatServer(
            renamed(cheap(config), number),
            self.catalog,
            now_s=lambda: self.now_s,
            call_soon=self.soon.append,
            history=self.histories[number],
            archive=self.histories[number],
            index=self.histories[number],
            accounts=self.accounts,
            kept_channels=self.kept_channels,
            journal=self.journals[number],
            keeper=self.keeper,
            spawn=self._spawn,
            bus=self.bus,
            cloak_secret="stage",
            mailer=self.mailer,
            texts=texts,
            control=control,
        )

    @property
    def server(self) -> ChatServer:
        """The first node."""
        return self.nodes[0]

    def _spawn(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        def run() -> None:
            try:
                result = work()
            except Exception as problem:
                result = problem
            done(result)

        self.work.append(run)

    def settle(self) -> None:
        """Let everything happen that is under way: work, events, flushes."""
        while True:
            if self.work:
                self.work.popleft()()
            elif self.bus is not None and self.bus.deliver():
                continue
            elif self.soon:
                self.soon.popleft()()
            else:
                return

    def open(self, *, ip: str = "192.0.2.1", secure: bool = False, certfp: str | None = None, **peer: Any) -> Client:
        """A connection that has said nothing yet; its greeting is taken away."""
        node = self.nodes[self._connected % len(self.nodes)]
        self._connected += 1
        client = Client(self, node, Peer(ip, secure, certfp, **peer))
        client.take()
        return client

    def connect(self, nick: str, *, caps: str = "", account: str | None = None, **peer: Any) -> Client:
        """A registered client that has negotiated these capabilities, logged in where an account is named.

        Its welcome is taken away.
        """
        client = self.open(**peer)
        client.session.account = account
        for line in pack_words(caps.split(), 400) if caps else ():
            client.sends(f"CAP REQ :{line}")
            assert any(f" ACK :{line}" in answer for answer in client.take()), line
        client.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if caps:
            client.sends("CAP END")
        taken = client.take()
        assert any(line.split(" ")[2 if line[0] == "@" else 1] == "001" for line in taken), taken
        return client

    def registers(self, account: str, password: str = "") -> Account:
        """An account is made; without a password nobody can log in to it by one."""
        node = self.server
        credentials = node.desk.passwords.make(password) if password else None
        made = self.accounts.register(account, node.network.fold(account), credentials, node.now_ms())
        node.emit(AccountRegistered(node.origin, account))
        self.settle()
        return made

    def logs_in(self, client: Client, account: str | None) -> None:
        """A registered client logs in to an account, or out (None); what it is told of it is taken away."""
        client.node.emit(AccountChanged(client.session.context.origin, account))
        self.settle()
        client.take()

    def passes(self, seconds: float) -> None:
        """Let time pass, second by second."""
        for _ in range(max(1, round(seconds))):
            self.now_s += 1
            for node in self.nodes:
                node.tick()
            self.settle()


def cheap(config: Config) -> Config:
    """The configuration with passwords that take no time to check, unless it says otherwise."""
    import msgspec

    usual, accounts = Accounts(), config.accounts
    cost = 4 if accounts.bcrypt_cost == usual.bcrypt_cost else accounts.bcrypt_cost
    iterations = 4096 if accounts.scram_iterations == usual.scram_iterations else accounts.scram_iterations
    accounts = msgspec.structs.replace(accounts, bcrypt_cost=cost, scram_iterations=iterations)
    return msgspec.structs.replace(config, accounts=accounts)


def renamed(config: Config, number: int) -> Config:
    """The configuration of one of several nodes: each has a name of its own."""
    if not number:
        return config
    import msgspec

    server = msgspec.structs.replace(config.server, name=f"node{number}.{config.server.name}")
    return msgspec.structs.replace(config, server=server)
