"""Found on PYTHONPATH by every Python process of the demo: nobody but this machine is asked.

An attempt to look up or reach anything else is written down and refused.
"""

import os
import socket

_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
_connect, _lookup = socket.socket.connect, socket.getaddrinfo


def _refuse_unless_local(host):
    if isinstance(host, bytes):
        host = host.decode()
    if host and not str(host).startswith(_LOCAL):
        with open(os.environ["ATTEMPTS"], "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{host}\n")
        raise OSError(f"{host} may not be asked here")


def connect(self, address):
    if isinstance(address, tuple):
        _refuse_unless_local(address[0])
    return _connect(self, address)


def getaddrinfo(host, *arguments, **options):
    _refuse_unless_local(host)
    return _lookup(host, *arguments, **options)


socket.socket.connect = connect
socket.getaddrinfo = getaddrinfo
