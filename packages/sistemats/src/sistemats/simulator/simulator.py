"""Putting a simulator together: store, clock, keys, folder, ministry, and two servers.

>>> from sistemats.simulator import Simulator, Options
>>> with Simulator(Options()) as simulator:
...     simulator.ready()["tls"]
False
"""

from __future__ import annotations

import json
import os
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sistemats.errors import SistemaTSError
from sistemats.simulator.admin import Admin
from sistemats.simulator.calls import fault_answer, page_answer
from sistemats.simulator.clock import SimulatorClock, stamp, unstamp
from sistemats.simulator.directory import Directory
from sistemats.simulator.faults import Rule
from sistemats.simulator.faulttext import INTERNAL
from sistemats.simulator.keyring import Keyring
from sistemats.simulator.ministry import Ministry
from sistemats.simulator.server import HttpServer
from sistemats.simulator.settings import Settings
from sistemats.simulator.store import Store
from sistemats.simulator.users import User, kit_users, region_user
from sistemats.simulator.vault import Vault

ADMIN_BODY = 4_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. Port 0 means any free one; no folder means a temporary one; no state means memory."""

    host: str = "127.0.0.1"
    port: int = 0
    admin_port: int = 0
    tls: bool = False
    old_tls: bool = False
    folder: Path | None = None
    state: Path | None = None
    clock: datetime | None = None
    settings: Settings = field(default_factory=Settings)
    faults: tuple[Rule, ...] = ()


class Simulator:
    """A running simulator; use it as a context, or `start` and `stop` it."""

    def __init__(self, options: Options, users: Iterable[User] = ()) -> None:
        """Prepare everything and take the ports; nothing is answered before `start`.

        :raises SistemaTSError: a port that is taken, a state file that is not ours
        """
        self.options = options
        self._temporary = tempfile.TemporaryDirectory() if options.folder is None else None
        self.store = Store(options.state)
        self.clock = SimulatorClock(self._start_of_clock())
        self.keyring = Keyring(self.store, self.clock.now())
        self.vault = Vault(self.keyring.opener())
        known = [*kit_users(), region_user(), *users]
        self.ministry = Ministry(self.store, self.clock, self.vault, known, self._settings())
        self.ministry.faults.add(*options.faults)
        folder = options.folder or Path(self._temporary.name if self._temporary else "")
        self.directory = Directory(folder, self.keyring)
        self._untrusted: ssl.SSLContext | None = None
        self._serve()

    def _start_of_clock(self) -> datetime | None:
        """Return where the clock starts: where the options say, else where the state left it, else now."""
        if self.options.clock is not None:
            return self.options.clock
        offset = self.store.meta("clock.offset", "")
        if not offset:
            return None
        machine, shown = offset.split(" ")
        return SimulatorClock().now() + (unstamp(shown) - unstamp(machine))

    def keep_clock(self) -> None:
        """Write down how far the clock is from the machine's."""
        self.store.set_meta("clock.offset", f"{stamp(SimulatorClock().now())} {stamp(self.clock.now())}")

    def _settings(self) -> Settings:
        kept = self.store.meta("settings", "")
        return self.options.settings if not kept else self.options.settings.changed(json.loads(kept))

    def _serve(self) -> None:
        options = self.options
        tls = self._context if options.tls else None
        try:
            self._service = HttpServer(
                (options.host, options.port),
                self.ministry.answer,
                too_long=fault_answer(INTERNAL),
                max_body_bytes=self.ministry.settings.max_body_bytes,
                tls=tls,
            )
            self.admin = Admin(self)
            self._admin = HttpServer(
                (options.host, options.admin_port),
                self.admin.answer,
                too_long=page_answer(413, "Content Too Large"),
                max_body_bytes=ADMIN_BODY,
            )
        except OSError as problem:
            raise SistemaTSError(f"--port, --admin-port: cannot listen there: {problem.strerror}.") from None
        if options.tls:
            self._trusted = self.keyring.context(options.host, old=options.old_tls)

    def _context(self) -> ssl.SSLContext:
        """Return the TLS context of a new connection, spoilt when a fault says so."""
        if self.ministry.faults.strike_connection() is None:
            return self._trusted
        if self._untrusted is None:
            self._untrusted = self.keyring.untrusted_context(self.options.host)
        return self._untrusted

    @property
    def base(self) -> str:
        """The address of the services."""
        return self._address("https" if self.options.tls else "http", self._service.port)

    @property
    def admin_base(self) -> str:
        """The address of the admin port."""
        return self._address("http", self._admin.port)

    def _address(self, scheme: str, port: int) -> str:
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        return f"{scheme}://{host}:{port}"

    def start(self) -> None:
        """Write the folder and begin to answer."""
        self.write_folder()
        self.ministry.start()
        self._admin.start()
        self._service.start()

    def write_folder(self) -> None:
        """Write what clients need."""
        self.directory.write_certificates()
        self.directory.write_users(self.ministry.gate.users(), tls=self.options.tls)
        self.directory.write_endpoints(self.base, self.admin_base)

    def ready(self) -> dict[str, Any]:
        """Return what the ready line says."""
        return {
            "ready": True,
            "service": self.base,
            "admin": self.admin_base,
            "tls": self.options.tls,
            "dir": str(self.directory.folder.resolve()),
            "state": "memory" if self.options.state is None else str(self.options.state.resolve()),
            "clock": self.clock.now().isoformat(timespec="seconds"),
            "pid": os.getpid(),
        }

    def change_settings(self, values: dict[str, Any]) -> Settings:
        """Change some settings and keep them with the state.

        :raises InputError: an unknown setting or a wrong value
        """
        changed = self.ministry.settings.changed(values)
        kept = json.loads(self.store.meta("settings", "{}"))
        self.store.set_meta("settings", json.dumps({**kept, **values}))
        self.ministry.settings = changed
        return changed

    def stop(self) -> None:
        """Stop answering, finish the work in hand, close the store."""
        self._service.stop()
        self._admin.stop()
        self.ministry.stop()
        self.store.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
