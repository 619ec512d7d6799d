"""Routes for small WSGI applications: a path pattern, a method and what answers."""

import json
import re

__version__ = "1.0.0"


class Router:
    """A WSGI application made of functions, each of which answers a path such as ``/day/<name>``."""

    def __init__(self):
        self._routes = []

    def route(self, pattern, method="GET"):
        """Decorates a function: it gets what the pattern names, and returns a status and what is sent as JSON."""
        compiled = re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", pattern))

        def add(function):
            self._routes.append((method, compiled, function))
            return function

        return add

    def __call__(self, environ, start_response):
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        status, answer = self._answer(path, method, environ)
        body = (json.dumps(answer) + "\n").encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, path, method, environ):
        methods = []
        for allowed, pattern, function in self._routes:
            match = pattern.fullmatch(path)
            if match and allowed == method:
                return function(environ, **match.groupdict())
            methods += [allowed] if match else []
        if methods:
            return "405 Method Not Allowed", {"error": f"{method} is not possible at {path}"}
        return "404 Not Found", {"error": f"nothing at {path}"}
