"""Settings from a TOML file into a typed structure. Knows how to read and complain; no setting.

A structure's fields are the settings: each carries its type, its bounds, its default and, in
``msgspec.Meta(description=...)``, the sentence that the reference prints. An error names the key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from shell.errors import UsageError

S = TypeVar("S", bound=msgspec.Struct)

MAX_FILE: Final = 256 * 1024
_PLACE: Final = re.compile(r"\A(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?\Z", re.DOTALL)
_FIELD: Final = re.compile(r"(?:unknown|missing required) field `([^`]*)`")


class BadSetting(UsageError):
    """A setting that cannot be used. ``key`` is dotted, empty when the file itself is at fault."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        super().__init__(
            "setting_invalid",
            f"{path}: {key + ': ' if key else ''}{reason}",
            "docs/reference/settings.md lists every setting.",
            details={"key": key},
        )
        self.key = key
        self.reason = reason


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of settings; a key that it does not name is an error, not a silence."""


class Setting(msgspec.Struct, frozen=True):
    """One line of the reference: the dotted key, its type and default as TOML, what it means."""

    key: str
    type: str
    default: str
    meaning: str


def load(kind: type[S], path: Path) -> S:
    """The settings in the file at ``path``. Raises ``BadSetting``, which names key and reason."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise BadSetting(path, "", error.strerror or str(error)) from None
    if len(data) > MAX_FILE:
        raise BadSetting(path, "", f"more than {MAX_FILE} bytes")
    try:
        values = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSetting(path, "", f"not TOML: {error}") from None
    return convert(kind, values, path)


def convert(kind: type[S], values: dict[str, Any], path: Path) -> S:
    """The typed settings. Raises ``BadSetting``; ``path`` is only for its text."""
    try:
        return msgspec.convert(values, kind, strict=True)
    except msgspec.ValidationError as error:
        key, reason = _explain(str(error))
        raise BadSetting(path, key, reason) from None


def _explain(message: str) -> tuple[str, str]:
    """Turn msgspec's sentence, whose path looks like ``$.api.port``, into key and reason."""
    found = _PLACE.match(message)
    assert found is not None, message
    keys = [part for part in (found["path"] or "").split(".") if part]
    field = _FIELD.search(found["what"])
    if field is None:
        return ".".join(keys), found["what"]
    reason = "no such setting" if "unknown" in found["what"] else "this setting is required"
    return ".".join([*keys, field[1]]), reason


def describe(kind: type[msgspec.Struct]) -> Iterator[Setting]:
    """Every setting of a structure, tables flattened, in the order of their definition."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    yield from _describe(info, "")


def _describe(info: inspect.StructType, prefix: str) -> Iterator[Setting]:
    for field in info.fields:
        key = f"{prefix}{field.encode_name}"
        meaning, kind = _unwrapped(field.type)
        if isinstance(kind, inspect.StructType):
            yield from _describe(kind, f"{key}.")
        else:
            yield Setting(key, _type_text(kind), _default_text(field), meaning)


def _unwrapped(kind: inspect.Type) -> tuple[str, inspect.Type]:
    meaning = ""
    while isinstance(kind, inspect.Metadata):
        meaning = (kind.extra_json_schema or {}).get("description", meaning)
        kind = kind.type
    return meaning, kind


def _type_text(kind: inspect.Type) -> str:
    match kind:
        case inspect.BoolType():
            return "boolean"
        case inspect.IntType(ge=low, le=high):
            return "integer" if low is None else f"integer {low}..{high}"
        case inspect.StrType():
            return "string"
        case inspect.LiteralType(values=values):
            return " or ".join(f'"{value}"' for value in values)
        case inspect.DictType(value_type=value):
            return f"table of {_type_text(_unwrapped(value)[1])}s"
        case inspect.ListType(item_type=item):
            return f"list of {_type_text(_unwrapped(item)[1])}s"
        case _:
            raise TypeError(f"settings have no such type: {kind}")


def _default_text(field: inspect.Field) -> str:
    if field.required:
        return "required"
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory()
    return msgspec.json.encode(value).decode()


def reference(kind: type[msgspec.Struct]) -> str:
    """The settings as a Markdown table, for docs/reference/settings.md."""
    rows = ["| setting | type | default | meaning |", "|---|---|---|---|"]
    rows += [f"| `{s.key}` | {s.type} | `{s.default}` | {s.meaning} |" for s in describe(kind)]
    return "\n".join(rows) + "\n"
