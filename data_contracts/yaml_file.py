"""Reads a YAML document with the line of each part, for error messages, and without guessing types.

PyYAML's YAML 1.1 takes ``on``, ``no`` and ``yes`` for booleans and 2015-03-24 for a date. Contracts are read as in YAML 1.2:
only ``true`` and ``false`` are booleans, and a date stays the text that was written.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

Place = Sequence[str | int]
"""Keys and positions that lead from the root of a document to one part of it."""


class PlainLoader(yaml.CSafeLoader):
    """Safe YAML without guessed booleans and dates, and with duplicate keys as errors.

    Parsed by libyaml, which every wheel of PyYAML includes: in pure Python the contracts would cost a night one second.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """As PyYAML, but a duplicate key is an error: the second would silently win."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value} is given twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


_GUESSED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _GUESSED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


class YamlFile:
    """One YAML document: its data, and the line on which each part of it begins."""

    def __init__(self, text: str) -> None:
        """Read the document. Raises ``yaml.YAMLError``."""
        loader = PlainLoader(text)
        try:
            self._root = loader.get_single_node()
            self.data: object = loader.construct_document(self._root) if self._root else None
        finally:
            loader.dispose()

    def line(self, place: Place) -> int:
        """Line (from 1) of the part at ``place``, or of the nearest enclosing part that exists.

        A name in ``customProperties`` is found as if it were a key beside them.
        """
        node, line = self._root, 1
        for step in place:
            found = _below(node, step)
            if found is None:
                break
            mark, node = found
            line = mark.start_mark.line + 1
        return line


_of_text = lru_cache(maxsize=64)(YamlFile)
"""More than an authority has contracts."""


def read_yaml(path: Path) -> YamlFile:
    """Read a file; the same text is parsed only once, however often it is read.

    Raises ``yaml.YAMLError``, ``UnicodeDecodeError`` or ``OSError``.
    """
    return _of_text(path.read_text(encoding="utf-8"))


def _below(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node that marks the step and the node of its value; None if the step leads nowhere."""
    if isinstance(node, yaml.SequenceNode):
        is_there = isinstance(step, int) and step < len(node.value)
        return (node.value[step], node.value[step]) if is_there else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == step:
            return key, value
    for key, value in node.value:
        if key.value == "customProperties" and isinstance(value, yaml.SequenceNode):
            return _custom_property(value, step)
    return None


def _custom_property(entries: yaml.SequenceNode, name: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    for entry in entries.value:
        property_ = {key.value: value for key, value in entry.value} if isinstance(entry, yaml.MappingNode) else {}
        if "property" in property_ and property_["property"].value == name:
            return entry, property_.get("value", entry)
    return None
