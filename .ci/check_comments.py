#!/usr/bin/env python3
"""Fails where a comment of a Rust file is wider than 110 columns: check_comments.py [FOLDER ...].

A comment is `//`, `///`, `//!` or a line of `/* */`, examples in documentation included. What has no space to break at,
such as a URL, may be wider.
"""

import re
import sys
from pathlib import Path

WIDTH = 110
SKIPPED = {"target", ".git", "corpus", "node_modules"}
# What is in a string is not a comment.
TOKEN = re.compile(
    r"""
      (?P<line>//[^\n]*)
    | (?P<block>/\*.*?\*/)
    | b?r(\#*)".*?"\3
    | b?"(?:\\.|[^"\\])*"
    | b?'(?:\\.[^']*|[^'\\])'
    """,
    re.X | re.S,
)


def can_wrap(text):
    """Whether there is a space to break at."""
    return " " in re.sub(r"^//[/!]?", "", text).strip()


def comments(text):
    """Yields the number and the text of each line that has a comment, with the column where it begins."""
    for found in TOKEN.finditer(text):
        comment = found.group("line") or found.group("block")
        if comment is None:
            continue
        number = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1)
        for offset, line in enumerate(comment.split("\n")):
            yield number + offset, column if offset == 0 else 0, line


def wide(path):
    for number, column, line in comments(path.read_text()):
        if column + len(line) > WIDTH and can_wrap(line):
            yield number, column + len(line)


def main(folders):
    found = 0
    for folder in map(Path, folders):
        for path in sorted(folder.rglob("*.rs")):
            if SKIPPED.isdisjoint(path.relative_to(folder).parts):
                for number, width in wide(path):
                    print(f"{path}:{number}: a comment of {width} columns, more than {WIDTH}")
                    found += 1
    return found > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [Path(__file__).resolve().parent.parent]))
