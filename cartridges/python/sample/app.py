"""The sample: a WSGI application with the vendored router `waymark`, served by the standard library."""

import os
import platform
import signal
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import waymark

app = waymark.Router()


@app.route("/")
def home(environ):
    return "200 OK", {
        "name": "sample",
        "python": platform.python_version(),
        "waymark": waymark.__version__,
        "instance": os.environ.get("CARTWRIGHT_INSTANCE"),
        # A thread for each, beside the one that takes connections.
        "inFlight": threading.active_count() - 1,
    }


@app.route("/primes/<limit>")
def primes(environ, limit):
    if not limit.isdecimal() or int(limit) > 100_000:
        return "400 Bad Request", {"error": "the limit is a number up to 100000"}
    sieve = bytearray([1]) * (int(limit) + 1)
    for number in range(2, int(int(limit) ** 0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(sieve[number * number :: number]))
    return "200 OK", {"below": int(limit), "primes": sum(sieve[2 : int(limit)])}


@app.route("/slow/<milliseconds>")
def slow(environ, milliseconds):
    """Answers after that time, also when the end has been asked for in between."""
    threading.Event().wait(min(int(milliseconds), 5000) / 1000)
    return "200 OK", {"waited": int(milliseconds)}


class Server(ThreadingMixIn, WSGIServer):
    # What is in flight is waited for when the server is closed.
    daemon_threads = False
    block_on_close = True


class Handler(WSGIRequestHandler):
    def log_message(self, format, *args):
        """The load balancer has an access log for those who want one."""


def main():
    address = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    server = make_server(*address, app, server_class=Server, handler_class=Handler)

    def end(number, frame):
        print("SIGTERM: ending after what is in flight")
        # From another thread: it waits for the loop that this one is in.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    print(f"listening on {address[0]}:{address[1]}")
    server.serve_forever(poll_interval=0.05)
    server.server_close()


if __name__ == "__main__":
    main()
