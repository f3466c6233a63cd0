"""JSON schemas -> python/gospect/types.pyi: a TypedDict for each object that the package's functions give.

`python python/stubs.py` writes the file; the package's tests hold it against docs/schema.
"""

from __future__ import annotations

import json
import keyword
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
SCHEMAS = HERE.parent / "docs" / "schema"
OUT = HERE / "gospect" / "types.pyi"
# The schemas of what the package's functions give; an SBOM is the format's own document.
NAMES = ["info", "size", "check", "vuln", "funcs", "scan"]
# A record of a scan has the objects of the other commands under these keys.
PARTS = {"info": "Info", "check": "Check", "sizes": "Size", "funcs": "Funcs", "vuln": "Vuln"}
HEAD = '''"""The dicts that gospect's functions give, by the JSON schemas. Written by python/stubs.py; not to be changed by hand.

For type checkers only: `if TYPE_CHECKING: from gospect.types import Info`.
"""

from typing import Any, Literal, TypedDict

from typing_extensions import NotRequired
'''


def camel(words: str) -> str:
    return "".join(w[:1].upper() + w[1:] for w in words.replace("-", "_").split("_"))


class Stubs:
    """The classes of one schema, inner ones first."""

    def __init__(self, name: str):
        self.root = camel(name)
        self.schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        self.classes: dict[str, str] = {}

    def written(self) -> str:
        for name, schema in self.schema.get("$defs", {}).items():
            if "properties" in schema:
                self.type(schema, self.root + camel(name))
        self.type(self.schema, self.root)
        return "\n\n".join(self.classes.values())

    def type(self, schema: dict, name: str) -> str:
        """The annotation for `schema`; a class that it needs is called `name`."""
        if "$ref" in schema:
            inner = schema["$ref"].removeprefix("#/$defs/")
            shared = self.schema["$defs"][inner]
            # A class of its own, written once: it may hold itself.
            return self.root + camel(inner) if "properties" in shared else self.type(shared, self.root + camel(inner))
        if "const" in schema:
            return f"Literal[{json.dumps(schema['const'])}]"
        if "enum" in schema:
            return f"Literal[{', '.join('None' if v is None else json.dumps(v) for v in schema['enum'])}]"
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return union(self.type(s, name) for s in schema[choice])
        types = schema.get("type", [])
        return union(self.plain(t, schema, name) for t in ([types] if isinstance(types, str) else types)) or "Any"

    def plain(self, word: str, schema: dict, name: str) -> str:
        if word == "array":
            return f"list[{self.type(schema.get('items', {}), name)}]"
        if word == "object" and "properties" in schema:
            self.object(schema, name)
            return name
        if word == "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {self.type(values, name) if isinstance(values, dict) else 'Any'}]"
        return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}[word]

    def object(self, schema: dict, name: str) -> None:
        required = set(schema.get("required", []))
        fields = {}
        for key, value in schema["properties"].items():
            kind = self.type(value, name + camel(key))
            if self.root == "Scan" and name == "Scan" and key in PARTS:
                kind = f"{PARTS[key]} | None"
            fields[key] = kind if key in required else f"NotRequired[{kind}]"
        if all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
            text = f"class {name}(TypedDict):\n" + "".join(f"    {key}: {kind}\n" for key, kind in fields.items())
        else:
            body = "".join(f"        {json.dumps(key)}: {kind},\n" for key, kind in fields.items())
            text = f"{name} = TypedDict(\n    {json.dumps(name)},\n    {{\n{body}    }},\n)\n"
        if self.classes.get(name, text) != text:
            raise ValueError(f"two objects are called {name}")
        self.classes[name] = text


def union(kinds) -> str:
    return " | ".join(dict.fromkeys(kinds))


def stubs() -> str:
    return HEAD + "".join("\n" + Stubs(name).written() for name in NAMES)


if __name__ == "__main__":
    OUT.write_text(stubs())
    sys.exit(0)
