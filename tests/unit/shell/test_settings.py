"""A setting is typed, documented, and named when it is wrong."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from shell.errors import Status
from shell.settings import BadSetting, Section, describe, load, reference

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535, description="Where to listen.")]
Form = Annotated[Literal["json", "text"], msgspec.Meta(description="Form of the log.")]
Peers = Annotated[dict[str, str], msgspec.Meta(description="Addresses of others.")]


class Server(Section, frozen=True):
    port: Port
    form: Form = "text"


class Settings(Section, frozen=True):
    server: Server
    peers: Peers = msgspec.field(default_factory=dict)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def fault(tmp_path: Path, text: str) -> BadSetting:
    with pytest.raises(BadSetting) as caught:
        load(Settings, written(tmp_path, text))
    assert caught.value.status is Status.USAGE
    return caught.value


def test_settings_have_their_types_and_defaults(tmp_path: Path) -> None:
    settings = load(Settings, written(tmp_path, '[server]\nport = 7600\n[peers]\na = "b:1"\n'))
    assert settings == Settings(server=Server(port=7600, form="text"), peers={"a": "b:1"})


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('[server]\nport = "7600"', "server.port", "Expected `int`"),
        ("[server]\nport = 0", "server.port", ">= 1"),
        ("[server]\nport = 1\nprot = 2", "server.prot", "no such setting"),
        ("sever = 1\n[server]\nport = 1", "sever", "no such setting"),
        ("[server]", "server.port", "required"),
        ("", "server", "required"),
        ('[server]\nport = 1\nform = "xml"', "server.form", "'xml'"),
        ("[server]\nport = 1\n[peers]\na = 1", "peers", "Expected `str`"),
        ("[server\nport = 1", "", "not TOML"),
        ("x = '\\u0000" + "a" * 300_000 + "'", "", "more than"),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, text: str, key: str, reason: str) -> None:
    bad = fault(tmp_path, text)
    assert bad.key.startswith(key) if key else bad.key == ""
    assert reason in bad.reason
    assert "config.toml" in str(bad)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"absent\.toml"):
        load(Settings, tmp_path / "absent.toml")


def test_every_setting_describes_itself() -> None:
    assert [(s.key, s.type, s.default, s.meaning) for s in describe(Settings)] == [
        ("server.port", "integer 1..65535", "required", "Where to listen."),
        ("server.form", '"json" or "text"', '"text"', "Form of the log."),
        ("peers", "table of strings", "{}", "Addresses of others."),
    ]
    assert "| `server.port` | integer 1..65535 | `required` | Where to listen. |" in reference(
        Settings
    )
