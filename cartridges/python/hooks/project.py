"""Reads the application in the current folder for the hooks beside this file. It imports nothing of it.

project.py requirements FILE   what has to be installed: two lines, its name and the file that lists it; nothing if nothing has
                               to be. FILE is written where the list stands in pyproject.toml
project.py finish PACKAGES     makes what pip installed there independent of where it was installed
project.py start PACKAGES      prints the script for sh that starts the application
"""

import ast
import os
import re
import shlex
import sys

# Where applications have their WSGI or ASGI object by custom, and what it is called.
MODULES = ("wsgi", "asgi", "app", "main", "application", "server", "app/main", "app/wsgi", "app/asgi")
NAMES = ("application", "app")
FACTORIES = ("create_app", "make_app")
SCRIPTS = ("app.py", "main.py", "server.py", "__main__.py")
# What a module takes its application from says which of the two interfaces it has.
ASGI_FRAMEWORKS = {"blacksheep", "channels", "django.core.asgi", "fastapi", "litestar", "quart", "starlette"}
WSGI_FRAMEWORKS = {"bottle", "django.core.wsgi", "flask", "pyramid", "werkzeug", "wsgiref"}
# What the shell does itself and no program can do in its place.
OF_THE_SHELL = re.compile(r"(\.|:|cd|case|eval|exec|exit|export|for|if|set|trap|ulimit|umask|unset|until|wait|while)(\s|$)")
ASSIGNMENTS = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*=[^\s\"'\\]*\s+)+")


def fail(message):
    sys.stderr.write(f"python: {message}\n")
    sys.exit(1)


def read(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path} cannot be read: {error}")


def requirements(into):
    if os.path.exists("requirements.txt"):
        # pip reads encodings that this does not; what is clearly nothing needs no pip.
        with open("requirements.txt", "rb") as file:
            lines = [line.split(b"#")[0].strip() for line in file]
        return ["requirements.txt"] * 2 if any(lines) else []
    text = read("pyproject.toml")
    if text is None:
        unread = [name for name in ("Pipfile", "poetry.lock", "uv.lock", "environment.yml") if os.path.exists(name)]
        if unread:
            fail(f"{unread[0]} is not read here: list the packages in requirements.txt")
        return []
    listed = dependencies(text)
    if not listed:
        return []
    with open(into, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in listed))
    return ["pyproject.toml", into]


def dependencies(text):
    toml = toml_reader()
    if toml is None:
        fail("pyproject.toml can be read with Python 3.11 or newer, or with pip: list the packages in requirements.txt")
    try:
        document = toml.loads(text)
    except toml.TOMLDecodeError as error:
        fail(f"pyproject.toml cannot be read: {error}")
    project = document.get("project")
    if project is None:
        if "dependencies" in document.get("tool", {}).get("poetry", {}):
            fail("pyproject.toml lists the packages for Poetry alone: list them under [project], or in requirements.txt")
        return []
    if "dependencies" in project.get("dynamic", []):
        fail("pyproject.toml says that its dependencies are dynamic: list them in requirements.txt")
    check_version(project.get("requires-python"))
    listed = project.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(line, str) and "\n" not in line for line in listed):
        fail("pyproject.toml: project.dependencies is no list of texts")
    return listed


def toml_reader():
    try:
        import tomllib
    except ImportError:
        try:
            from pip._vendor import tomli as tomllib
        except ImportError:
            return None
    return tomllib


def check_version(wanted):
    if wanted is None:
        return
    try:
        from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
    except ImportError:
        return
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        fits = SpecifierSet(str(wanted)).contains(version, prereleases=True)
    except InvalidSpecifier:
        fail(f'pyproject.toml: requires-python "{wanted}" is not understood')
    if not fits:
        fail(f"pyproject.toml asks for Python {wanted}, and this machine has {version}: change the one or the other")


def finish(packages):
    folder = os.path.join(packages, "bin")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            content = file.read()
        # A line, or, where the path is long, a line for sh and two that are a string to Python.
        loose = re.sub(rb"\A#!(?:/bin/sh\n'''exec' [^\n]*\n' '''|[^\n]*python[^\n]*)\n", b"#!/usr/bin/env python3\n", content)
        if loose != content:
            with open(path, "wb") as file:
                file.write(loose)
    # The packages are made for this interpreter, and not for the one that has its name after the machine's next update.
    with open(os.path.join(packages, "interpreter"), "w", encoding="utf-8") as file:
        file.write(os.path.realpath(getattr(sys, "_base_executable", sys.executable)) + "\n")


def start(packages):
    procfile = read("Procfile")
    line = re.search(r"^web[ \t]*:[ \t]*(\S.*?)[ \t\r]*$", procfile or "", re.MULTILINE)
    if line:
        return replacing(line.group(1))
    servers = {name for name in ("gunicorn", "uvicorn") if os.path.isdir(os.path.join(packages, name))}
    found = application()
    if found and servers:
        return served(*found, servers)
    for script in SCRIPTS:
        # One that only defines an application would end at once.
        if os.path.isfile(script) and (not found or "__main__" in read(script)):
            return f"exec python3 {script}"
    if found:
        module, name, interface = found
        server = "uvicorn" if interface == "asgi" else "gunicorn"
        fail(f"nothing is installed that serves {module}:{name}: add {server} to requirements.txt, or set \"start\" of the component in the manifest")
    return fail(
        "nothing to start: there is no web: in a Procfile, no app or application in wsgi.py, asgi.py, app.py or main.py,"
        ' and none of these to run by itself; add one, or set "start" of the component in the manifest'
    )


def served(module, name, interface, servers):
    if "uvicorn" in servers and (interface != "wsgi" or "gunicorn" not in servers):
        options = " --factory" if name.endswith("()") else ""
        options += " --interface wsgi" if interface == "wsgi" else ""
        target = shlex.quote(f"{module}:{name.replace('()', '')}")
        return f'exec python3 -m uvicorn --host "$HOST" --port "$PORT" --timeout-graceful-shutdown 25{options} {target}'
    if interface == "asgi":
        fail(f"{module}:{name} is an ASGI application, which gunicorn alone does not serve: add uvicorn to requirements.txt")
    # Loaded before it listens: what listens is ready, and one that cannot be loaded never is.
    return f'exec python3 -m gunicorn --preload --bind "$HOST:$PORT" --threads 8 --graceful-timeout 25 {shlex.quote(f"{module}:{name}")}'


def application():
    """Module, object and interface ("asgi", "wsgi" or None: not known) of the application; None where there is none."""
    for root in [""] + (["src/"] if os.path.isdir("src") else []):
        for module in MODULES + django(root):
            for path in (f"{root}{module}.py", f"{root}{module}/__init__.py"):
                found = object_in(path) if os.path.isfile(path) else None
                if found:
                    return (module.replace("/", "."), *found)
    return None


def django(root):
    """The packages with a wsgi.py, beside manage.py."""
    if not os.path.isfile(f"{root}manage.py"):
        return ()
    folders = sorted(name for name in os.listdir(root or ".") if os.path.isfile(f"{root}{name}/wsgi.py"))
    return tuple(f"{name}/wsgi" for name in folders if name.isidentifier())


def object_in(path):
    try:
        body = ast.parse(read(path), path).body
    except (SyntaxError, ValueError) as error:
        fail(f"{path} is no Python that this machine's {sys.version_info[0]}.{sys.version_info[1]} can read: {error}")
    defined = dict(definitions(body))
    for name in NAMES + FACTORIES:
        if name in defined:
            by_itself = defined[name] if name in NAMES else None
            return (name if name in NAMES else f"{name}()"), by_itself or by_module(path, body)
    return None


def definitions(body):
    """Names that a module defines; with the interface of a function that is an application by itself."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from definitions(node.body)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, "asgi" if isinstance(node, ast.AsyncFunctionDef) else "wsgi"
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name, None) for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, None) for target in targets if isinstance(target, ast.Name))


def by_module(path, body):
    imported = set()
    for node in body:
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module)
    everything = imported | {name.split(".")[0] for name in imported}
    if os.path.basename(path) == "asgi.py" or everything & ASGI_FRAMEWORKS:
        return "asgi"
    return "wsgi" if os.path.basename(path) == "wsgi.py" or everything & WSGI_FRAMEWORKS else None


def replacing(command):
    """With `exec` where it is one command, so that no shell stays between the platform and the application."""
    without_variables = re.sub(r"\$\{\w+(:-[^{}]*)?\}", "", command)
    if re.search(r"[&|;<>()`{}!]", without_variables) or OF_THE_SHELL.match(command):
        return command
    assignments = ASSIGNMENTS.match(command)
    first = assignments.group() if assignments else ""
    return f"{first}exec {command[len(first):]}"


def main():
    what, argument = sys.argv[1:]
    answers = {"requirements": requirements, "finish": finish, "start": start}
    answer = answers[what](argument)
    for line in [answer] if isinstance(answer, str) else answer or []:
        print(line)


main()
