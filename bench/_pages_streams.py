"""Many open dashboards, in a process of their own: ``python -m bench._pages_streams PORT COUNT < COOKIE``.

Prints how many streams were opened, reads them until its standard input ends, and prints how many bytes each gave at
least.
"""

from __future__ import annotations

import selectors
import socket
import sys


def main(port: int, count: int, cookie: str) -> None:
    """Open the streams and read."""
    request = f"GET /live/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    got: dict[socket.socket, int] = {}
    opened = 0
    with selectors.DefaultSelector() as waiting:
        for _ in range(count):
            stream = socket.create_connection(("127.0.0.1", port), 30.0)
            stream.sendall(request)
            opened += b" 200 " in stream.recv(64)
            got[stream] = 0
            waiting.register(stream, selectors.EVENT_READ)
        print(opened, flush=True)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is sys.stdin:
                    print(min(got.values()), flush=True)
                    return
                stream = key.fileobj  # type: ignore[assignment]  # all others are sockets
                data = stream.recv(1 << 16)
                got[stream] += len(data)
                if not data:
                    waiting.unregister(stream)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.readline().strip())
