#!/usr/bin/env python3
"""Fails where files of one crate import each other in a circle.

    check_circles.py crates/a/src [crates/b/src ...]

A file imports another if it names something that the other defines, by `use crate::...`, `use super::...`,
`use self::...`, or by such a path within the code. A name that a module only re-exports is charged to the file
that defines it. A parent that declares or re-exports what its children define does not import it. Comments,
strings and `#[cfg(test)]` items do not count.
"""

import re
import sys
from pathlib import Path

IDENTIFIER = r"(?:r#)?[A-Za-z_][A-Za-z0-9_]*"
TOKEN = re.compile(
    r"""
      //[^\n]*
    | /\*.*?\*/
    | b?r(\#*)".*?"\1
    | b?"(?:\\.|[^"\\])*"
    | b?'(?:\\.[^']*|[^'\\])'
    """,
    re.X | re.S,
)


def blanked(text):
    """Returns the code with comments, strings and characters replaced by spaces."""
    return TOKEN.sub(lambda it: re.sub(r"[^\n]", " ", it.group()), text)


def item_end(text, start):
    """Returns the end of the item that begins at `start`: behind its `;` or its block."""
    depth = 0
    for index in range(start, len(text)):
        character = text[index]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0 and character == "}":
                return index + 1
        elif character == ";" and depth == 0:
            return index + 1
    return len(text)


def without_tests(text):
    while found := re.search(r"#\[cfg\(test\)\]", text):
        end = item_end(text, found.end())
        text = text[: found.start()] + re.sub(r"[^\n]", " ", text[found.start() : end]) + text[end:]
    return text


def tree(text):
    """Yields (path, name) for each leaf of a use tree; `*` is a name."""

    def split(inner):
        depth, start = 0, 0
        for index, character in enumerate(inner):
            depth += (character == "{") - (character == "}")
            if character == "," and depth == 0:
                yield inner[start:index]
                start = index + 1
        yield inner[start:]

    text = text.strip()
    if not text:
        return
    if "{" in text:
        prefix, inner = text.split("{", 1)
        path = [part.strip() for part in prefix.split("::") if part.strip()]
        for part in split(inner.rsplit("}", 1)[0]):
            for rest, name in tree(part):
                yield path + rest, name
        return
    text, _, alias = text.partition(" as ")
    path = [part.strip() for part in text.split("::") if part.strip()]
    alias = alias.strip()
    if path and path[-1] == "self":
        path = path[:-1]
    yield path, alias or (path[-1] if path else "")


class Module:
    def __init__(self, file, path):
        self.file = file
        self.path = path
        self.children = {}
        # Name -> path, of what it re-exports or imports.
        self.uses = []
        self.text = ""


class Crate:
    def __init__(self, source):
        self.source = source
        self.modules = {}
        for root in ("lib.rs", "main.rs"):
            if (source / root).exists():
                self.root = self.read(source / root, (), source)
                break
        else:
            sys.exit(f"{source}: neither lib.rs nor main.rs")

    def read(self, file, path, folder):
        module = Module(file, path)
        self.modules[path] = module
        text = without_tests(blanked(file.read_text()))
        for name in re.findall(rf"\bmod\s+({IDENTIFIER})\s*;", text):
            for child, inner in ((folder / f"{name}.rs", folder / name), (folder / name / "mod.rs", folder / name)):
                if child.exists():
                    module.children[name] = self.read(child, (*path, name), inner)
        # Modules within the file are part of it.
        for name in re.findall(rf"\bmod\s+({IDENTIFIER})\s*\{{", text):
            module.children.setdefault(name, None)
        for found in re.finditer(r"\buse\s+([^;]+);", text):
            module.uses.extend((target, alias) for target, alias in tree(found.group(1)))
        module.text = re.sub(r"\buse\s+[^;]+;", "", text)
        return module

    def absolute(self, module, path):
        """Returns the path from the crate's root, or None for what is of another crate."""
        if not path:
            return None
        if path[0] == "crate":
            return tuple(path[1:])
        if path[0] == "self":
            return (*module.path, *path[1:])
        if path[0] == "super":
            base, rest = module.path, list(path)
            while rest and rest[0] == "super":
                base, rest = base[:-1], rest[1:]
            return (*base, *rest)
        if path[0] in module.children:
            return (*module.path, *path)
        return None

    def defining(self, path, seen=()):
        """Returns the module whose file defines what the path names."""
        module, rest = self.root, list(path)
        while rest and module.children.get(rest[0]) is not None:
            module, rest = module.children[rest[0]], rest[1:]
        if not rest or module.path in seen:
            return module
        for target, alias in module.uses:
            if alias == rest[0] and (absolute := self.absolute(module, target)) is not None:
                return self.defining((*absolute, *rest[1:]), (*seen, module.path, absolute))
        defined = rf"\b(?:struct|enum|union|trait|type|fn|const|static|mod|macro_rules!)\s+{re.escape(rest[0])}\b"
        if not re.search(defined, module.text):
            for target, alias in module.uses:
                if alias == "*" and (absolute := self.absolute(module, target[:-1])) is not None:
                    found = self.defining((*absolute, *rest), (*seen, module.path))
                    if re.search(defined, found.text):
                        return found
        return module

    def imports(self):
        """Returns file -> files."""
        edges = {}
        for module in self.modules.values():
            edge = edges.setdefault(module.file, set())
            paths = []
            for target, alias in module.uses:
                if alias == "*":
                    target = target[:-1]
                if (absolute := self.absolute(module, target)) is not None:
                    paths.append((alias, absolute))
            local = {alias for alias, _ in paths}
            for found in re.finditer(rf"(?<![\w:])((?:crate|super|self|{IDENTIFIER})(?:::{IDENTIFIER})+)", module.text):
                parts = found.group(1).split("::")
                if parts[0] in ("crate", "super", "self") or (parts[0] in module.children and parts[0] not in local):
                    paths.append((None, self.absolute(module, parts)))
            for alias, absolute in paths:
                target = self.defining(absolute)
                if target.file == module.file:
                    continue
                is_child = target.path[: len(module.path)] == module.path
                used = alias is None or alias == "*" or re.search(rf"\b{re.escape(alias)}\b", module.text)
                if is_child and not used:
                    # Re-exported only.
                    continue
                edge.add(target.file)
        return edges


def circles(edges):
    """Returns the strongly connected components of more than one file (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = []
            while True:
                component.append(stack.pop())
                if component[-1] == node:
                    break
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def main(sources):
    failed = False
    for source in map(Path, sources):
        crate = Crate(source)
        edges = crate.imports()
        for circle in circles(edges):
            failed = True
            print(f"{source}: these files import each other in a circle:")
            for file in circle:
                within = sorted(str(it.relative_to(source)) for it in edges[file] if it in circle)
                print(f"  {file.relative_to(source)} -> {', '.join(within)}")
    return failed


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
