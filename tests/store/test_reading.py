"""What only looks has a connection of its own."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from auditor.errors import StoreError
from auditor.pseudonyms import Pseudonyms
from auditor.store.database.meta import write_meta
from auditor.store.database.schema import meta
from auditor.store.engine import open_store, open_temporary

KEY = bytes(range(32))


def _count(connection):
    return connection.scalar(sa.select(sa.func.count()).select_from(meta))


async def test_neither_reader_nor_writer_waits_for_the_other(tmp_path):
    async with open_store(tmp_path / "auditor.db", Pseudonyms(KEY)) as store:
        before = await store.read(_count)
        written, done = threading.Event(), threading.Event()

        def write(connection):
            write_meta(connection, "news", b"1")
            written.set()
            assert done.wait(20)

        writing = asyncio.create_task(store.run(write))
        await asyncio.to_thread(written.wait, 20)
        assert await asyncio.wait_for(store.read(_count), 20) == before  # not committed yet
        done.set()
        await writing
        assert await store.read(_count) == before + 1

        held, seen = threading.Event(), threading.Event()

        def look(connection):
            count = _count(connection)
            held.set()
            assert seen.wait(20)
            return count

        looking = asyncio.create_task(store.read(look))
        await asyncio.to_thread(held.wait, 20)
        await asyncio.wait_for(store.run(lambda connection: write_meta(connection, "more", b"1")), 20)
        seen.set()
        assert await looking == before + 1


async def test_a_reader_cannot_change_anything(tmp_path):
    async with open_store(tmp_path / "auditor.db", Pseudonyms(KEY)) as store:
        with pytest.raises(StoreError, match="readonly"):
            await store.read(lambda connection: write_meta(connection, "news", b"1"))


async def test_the_store_of_one_command_has_one_connection(tmp_path):
    async with open_temporary(tmp_path / "scan.db") as store:
        await store.run(lambda connection: write_meta(connection, "news", b"1"))
        assert await store.read(_count) == 1
