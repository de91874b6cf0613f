"""Records come out in one form, and secrets never do."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shell import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_ours_and_others_records_have_one_form() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    structlog.get_logger("node").info("block final", height=7, digest=b"\x01\x02")
    logging.getLogger("asyncio").warning("slow callback")
    first, second = records(stream)
    assert (first["event"], first["height"], first["digest"]) == ("block final", 7, "0102")
    assert second["event"] == "slow callback"
    assert {"timestamp", "level", "logger", "event"} <= first.keys() & second.keys()


def test_a_secret_is_never_written() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    structlog.get_logger().info(
        "x", passphrase="hunter2", nested={"seed": "hunter2", "list": [{"Private_Key": "hunter2"}]}
    )
    assert "hunter2" not in stream.getvalue()
    assert records(stream)[0]["passphrase"] == logs.HIDDEN


def test_a_long_byte_string_is_cut() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    structlog.get_logger().info("x", raw=bytes(10_000))
    assert str(records(stream)[0]["raw"]).endswith("(10000 bytes)")


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    logs.configure("text", "warning", stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", error="it broke")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_a_trace_is_part_of_its_record() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    try:
        int("it broke")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "'it broke'" in str(records(stream)[0]["exception"])
