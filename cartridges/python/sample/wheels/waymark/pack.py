"""Makes ../waymark-1.0.0-py3-none-any.whl of this folder, the same to the byte each time: python3 pack.py"""

import base64
import hashlib
import pathlib
import zipfile

HERE = pathlib.Path(__file__).parent
INFO = "waymark-1.0.0.dist-info"
WHEEL = "Wheel-Version: 1.0\nGenerator: pack.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def contents():
    yield "waymark/__init__.py", (HERE / "waymark/__init__.py").read_bytes()
    yield f"{INFO}/METADATA", (HERE / "METADATA").read_bytes()
    yield f"{INFO}/WHEEL", WHEEL.encode()


def record(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


files = list(contents())
files.append((f"{INFO}/RECORD", ("".join(record(*file) for file in files) + f"{INFO}/RECORD,,\n").encode()))
with zipfile.ZipFile(HERE.parent / "waymark-1.0.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    for name, content in files:
        member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        member.external_attr = 0o644 << 16
        wheel.writestr(member, content, zipfile.ZIP_DEFLATED)
