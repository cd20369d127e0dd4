"""A connection to a server, TLS included, that leaves no socket open when it is given up half-way.

asyncio's own race of addresses (RFC 8305) drops the socket of an attempt that is cancelled in the moment in
which the connection stands; thousands of mailboxes behind a struggling server meet that moment.
The only home of aiohappyeyeballs.
"""

import asyncio
import socket
import ssl

from aiohappyeyeballs import start_connection

_NEXT_ADDRESS_SECONDS = 0.25  # RFC 8305 section 5: so long an address may be silent before the next is tried


async def dial(protocol: asyncio.Protocol, host: str, port: int, context: ssl.SSLContext | None) -> None:
    """Connect `protocol` to a server; with a `context` TLS stands when this ends.

    Raises:
        OSError: what the network, the name's look-up or TLS say.
        UnicodeError: `host` is no name at all, such as `a..b`.
    """
    loop = asyncio.get_running_loop()
    addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    connected = await start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS)
    # From here on the transport closes the socket, whatever happens.
    await loop.create_connection(
        lambda: protocol, sock=connected, ssl=context, server_hostname=host if context else None
    )
