"""Values of the protocol are trees of what never changes: no reference cycle can be made of them.

So the garbage collector need not know them (``gc=False``): it would walk over millions in vain.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import msgspec
import msgspec.inspect
import pytest

import client
import consensus
import node
import primitives
import shell
from primitives.encoding import Wire
from primitives.transaction import Decoded
from tests.types_within import types_within

PACKAGES = (primitives, consensus, node, client, shell)
CHANGING = (
    msgspec.inspect.AnyType
    | msgspec.inspect.CustomType
    | msgspec.inspect.ListType
    | msgspec.inspect.SetType
    | msgspec.inspect.DictType
    | msgspec.inspect.ByteArrayType
)


def every(kind: type) -> Iterator[type]:
    """It, and all that is derived from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from every(derived)


def values() -> list[type]:
    """Everything with a canonical form, wherever it is defined."""
    for package in PACKAGES:
        load(package)
    ours = {package.__name__ for package in PACKAGES}
    found = {kind for kind in every(Wire) if kind.__module__.partition(".")[0] in ours}
    return sorted(found - {Wire}, key=lambda kind: (kind.__module__, kind.__qualname__))


def load(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


@pytest.mark.parametrize("kind", [*values(), Decoded], ids=lambda kind: kind.__qualname__)
def test_nothing_in_a_value_ever_changes(kind: type[msgspec.Struct]) -> None:
    """[ENC-1]"""
    assert kind.__struct_config__.frozen
    assert not [part for part in types_within(kind) if isinstance(part, CHANGING)]
