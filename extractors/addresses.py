"""Which address a client may ask: one base, and nothing outside it.

Belongs here: scheme, host, port and path prefix of a platform, and refusing private hosts.
Does not belong here: sending anything.
"""

from __future__ import annotations

import asyncio
import ipaddress
import urllib.request
from urllib.parse import unquote, urlsplit

from extractors.errors import Transient, UnsafeResponse, redact


class PinnedBase:
    """A base address that every request must stay below.

    Args:
        base_url: Scheme, host, optional port and path prefix.
        platform: Name for messages.
        allow_local: The base is the sandbox: plain http and private hosts are accepted.

    Raises:
        UnsafeResponse: when the base is not https or names a private host.
    """

    def __init__(self, base_url: str, *, platform: str, allow_local: bool = False) -> None:
        self._base = urlsplit(base_url.rstrip("/"))
        self._platform = platform
        self.host = self._base.hostname or ""
        self._is_checked = allow_local
        if not allow_local:
            self._require_public()

    def url(self, path: str) -> str:
        """Return the whole address of `path`.

        Args:
            path: Below the base; or a whole address the platform named as the next page.

        Raises:
            UnsafeResponse: when it leaves the base; nothing has been sent then.
        """
        url = path if "://" in path else f"{self._base.geturl()}/{path.lstrip('/')}"
        if not self._is_below(url):
            shown = f"{self._base.scheme}://{self.host}{self._base.path}"
            raise UnsafeResponse(
                f"names an address outside {shown}, which is not requested",
                platform=self._platform,
            )
        return url

    async def check_resolution(self) -> None:
        """Refuse a public name that resolves to a private host; a proxy resolves for itself.

        Raises:
            Transient: when the name is not known.
            UnsafeResponse: when it resolves to a private host.
        """
        if self._is_checked or urllib.request.getproxies().keys() & {"https", "all"}:
            return
        port = self._base.port or 443
        try:
            found = await asyncio.get_running_loop().getaddrinfo(self.host, port)
        except OSError:
            raise Transient(f"cannot be reached: the name {self.host} is not known") from None
        if not all(is_public(str(address[0])) for *_, address in found):
            raise UnsafeResponse(f"{self.host} resolves to a private address, which is not asked")
        self._is_checked = True

    def _is_below(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            same = (parts.scheme, parts.hostname, parts.port) == (
                self._base.scheme,
                self._base.hostname,
                self._base.port,
            )
        except ValueError:
            return False
        path = unquote(unquote(parts.path))
        return (
            same
            and "@" not in parts.netloc
            and "\\" not in path
            and ".." not in path.split("/")
            and f"{parts.path}/".startswith(f"{self._base.path}/")
        )

    def _require_public(self) -> None:
        try:
            is_private = not is_public(self.host)
        except ValueError:  # a name, not a number
            endings = (".localhost", ".local", ".internal")
            is_private = self.host == "localhost" or self.host.endswith(endings)
        if self._base.scheme != "https" or not self.host or self._base.username or is_private:
            raise UnsafeResponse(
                "must be asked over https at a public host, "
                f"not at {redact(self._base.scheme)}://{self.host}",
                platform=self._platform,
            )


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the open internet.

    Raises:
        ValueError: when it is no IP address.
    """
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    return ip.is_global and not ip.is_multicast
