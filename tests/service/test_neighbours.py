"""A mailbox that fails never slows another: fifty of them, ten of which fail in ten different ways."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.components import free_port
from tests.components.dovecot import Dovecot
from tests.components.proxy import FaultProxy
from tests.components.scripted import Conversation, ScriptedServer
from tests.mail import letters
from tests.service.daemon import Daemon

GOOD = [f"good{n}" for n in range(40)]
BAD = [f"bad{n}" for n in range(10)]
EACH = 10
LATELY = datetime.now(UTC) - timedelta(days=20)


async def failing(stack: AsyncExitStack, dovecot: Dovecot) -> list[dict[str, object]]:
    """What stands in the configuration of ten mailboxes that cannot be read."""

    async def silence(_conversation: Conversation, _tag: str) -> None:
        await asyncio.sleep(3600)

    async def hang_up(conversation: Conversation, _tag: str) -> None:
        conversation.writer.transport.abort()

    async def scripted(**more: object) -> int:
        return (await stack.enter_async_context(ScriptedServer(**more))).port  # type: ignore[arg-type]

    blackhole = await stack.enter_async_context(FaultProxy(dovecot.port))
    blackhole.silent = True
    cut = await stack.enter_async_context(FaultProxy(dovecot.port))
    cut.cut_after = 7000
    clear = {"tls": "no"}
    return [
        {"password_file": "wrong"},
        {"password_file": "missing"},
        {"folder": "No such folder"},
        {"port": free_port()},
        {"port": dovecot.plain_port},
        {"port": blackhole.port},
        {"port": cut.port},
        {"port": await scripted(answers={"LOGIN": b"TAG NO [LIMIT] too many connections\r\n"}), **clear},
        {"port": await scripted(answers={"UID FETCH": hang_up}), **clear},
        {"port": await scripted(answers={"LOGIN": silence}), **clear},
    ]


def table(dovecot: Dovecot, user: str, changes: dict[str, object]) -> str:
    keys: dict[str, object] = {"host": "127.0.0.1", "port": dovecot.port, "username": user}
    if "tls" not in changes:
        keys["ca_file"] = str(dovecot.ca_file)
    keys |= {"password_file": "password", **changes}
    lines = (
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in keys.items()
    )
    return "\n[[mailboxes]]\n" + "\n".join(lines) + "\n"


def seconds_to_read(daemon: Daemon) -> float:
    begun = time.monotonic()
    daemon.start()
    daemon.until_judged(len(GOOD) * EACH)
    return time.monotonic() - begun


async def test_ten_that_fail_slow_none_of_forty(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    dovecot = start_dovecot((*GOOD, *BAD))
    for n, user in enumerate(GOOD):
        start = LATELY + timedelta(minutes=n)
        dovecot.deliver(user, *letters(EACH, sender=f"{user}@northvans.example", start=start))
    for user in BAD:
        dovecot.make_folder(user, "Sent")
    for name in ("alone", "together"):
        (tmp_path / name).mkdir()
    alone = Daemon(tmp_path / "alone", dovecot, GOOD)
    together = Daemon(tmp_path / "together", dovecot, GOOD)
    (tmp_path / "together" / "wrong").write_text("not this one\n")
    async with AsyncExitStack() as stack:
        kinds = await failing(stack, dovecot)
        broken = "".join(table(dovecot, user, kind) for user, kind in zip(BAD, kinds, strict=True))
        text = together.config.read_text()
        together.config.write_text(text.replace("\n[[mailboxes]]", f"{broken}\n[[mailboxes]]", 1))
        try:
            usual = await asyncio.to_thread(seconds_to_read, alone)
            alone.stop()
            beside = await asyncio.to_thread(seconds_to_read, together)
            assert beside < 2 * usual + 2
            watching = 'auditor_mailboxes{state="watching"}'
            await asyncio.to_thread(together.until, lambda: (together.metric(watching) or 0) >= len(GOOD))
            states = dict(together.query("SELECT state, count(*) FROM mailbox GROUP BY state"))
            assert states["refused"] >= 3
            # The fortieth and the first still hear of new mail at once.
            for user in (GOOD[0], GOOD[-1]):
                dovecot.deliver(user, *letters(1, sender=f"late-{user}@northvans.example", start=LATELY))
            begun = time.monotonic()
            await asyncio.to_thread(together.until_judged, len(GOOD) * EACH + 2)
            assert time.monotonic() - begun < 10
        finally:
            alone.close()
            together.close()
