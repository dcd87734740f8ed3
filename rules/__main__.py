"""`python -m rules VOCABULARY FILE…` prints every rule in the files as an English sentence; exit 1 on a problem.

A rule is a mapping with `id`, `effect` and the text of its condition under `when`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rules.english import sentence
from rules.parse import parse
from rules.problems import ConditionInvalid
from rules.strict_yaml import YamlInvalid, load
from rules.typecheck import problems
from rules.vocabulary import Vocabulary, VocabularyInvalid


def rules_in(data: Any) -> Iterator[tuple[str, str, str]]:
    """Id, effect and condition of every rule, however deep it stands in the data."""
    if isinstance(data, Mapping):
        if all(isinstance(data.get(key), str) for key in ("id", "effect", "when")):
            yield data["id"], data["effect"], data["when"]
        for value in data.values():
            yield from rules_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from rules_in(value)


def main(arguments: list[str]) -> int:
    """Print the rules; what is wrong goes to standard error."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    try:
        words = load(Path(arguments[0]).read_text(encoding="utf-8"))
        vocabulary = Vocabulary.from_data(words, words.get("domains", {}))
        for path in arguments[1:]:
            for rule, effect, condition in rules_in(load(Path(path).read_text(encoding="utf-8"))):
                try:
                    expr = parse(condition)
                    if found := problems(expr, vocabulary):
                        raise ConditionInvalid(found)
                    print(f"{rule}: {effect} when {sentence(expr, vocabulary)}")
                except ConditionInvalid as invalid:
                    failed = True
                    for problem in invalid.problems:
                        print(f"{path}: {rule}: {problem}", file=sys.stderr)
    except (OSError, YamlInvalid, VocabularyInvalid) as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
