"""Receivers of notices, a webhook and a mail server on this machine, and a proxy that stops all traffic to elsewhere."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAILS, HANGS, ANSWERS = "fails", "hangs", "answers"
"""What the webhook does with a call: answer with 500, accept it and never answer, or answer with 204."""


class Told:
    """What a receiver was sent, and its port."""

    def __init__(self, port: int, does: str = ANSWERS) -> None:
        self.port = port
        self.does = does
        self.received: list[tuple[str, str]] = []
        """(what it did; everything that was sent, including headers and receivers)"""

    def texts(self, does: str = ANSWERS) -> list[str]:
        """Everything that was sent while the receiver behaved in this way."""
        return [text for done, text in self.received if done == does]


@contextmanager
def webhook() -> Iterator[Told]:
    """A webhook; ``does`` says what it does with the next call."""
    closed = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            does = told.does
            told.received.append((does, f"{self.headers}{content}"))
            if does == HANGS:
                closed.wait()
            self.send_response(204 if does == ANSWERS else 500)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        told = Told(server.server_address[1])
        with _serving(server):
            yield told
            closed.set()


@contextmanager
def way_out() -> Iterator[Told]:
    """A proxy that lets nothing out, and records the destinations."""

    class Gate(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            told.received.append((told.does, self.path))
            self.send_error(403)

        def do_GET(self) -> None:
            self.do_CONNECT()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        told = Told(server.server_address[1])
        with _serving(server):
            yield told


@contextmanager
def mail_server() -> Iterator[Told]:
    """An SMTP server (RFC 5321, only as much as mail needs) that keeps what it is sent."""

    class Receiver(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            receivers: list[str] = []
            while line := self.rfile.readline().decode().strip():
                command = line.upper()
                if command.startswith("RCPT TO:"):
                    receivers.append(line[8:].strip(" <>"))
                if command == "DATA":
                    self._say("354 go on")
                    told.received.append((told.does, "\n".join([*receivers, self._message()])))
                if command == "QUIT":
                    self._say("221 bye")
                    return
                self._say("250 ok")

        def _message(self) -> str:
            lines = list(iter(self.rfile.readline, b".\r\n"))
            message = message_from_bytes(b"".join(lines), policy=policy.default)
            parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
            return "\n".join([f"{name}: {value}" for name, value in message.items()] + parts)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Receiver) as server:
        told = Told(server.server_address[1])
        with _serving(server):
            yield told


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
