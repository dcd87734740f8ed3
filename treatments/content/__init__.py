"""Reads the clinical content (files of `knowledge/`, or a bundle) into a Rulebook, and lists every problem in it.

The content is a mapping of file name to plain data. Its digest is the sha256 of the canonical JSON of that mapping,
so two folders with the same content have the same digest whatever their layout of lines.
"""

from treatments.content.files import KNOWLEDGE, ContentInvalid, Files, Problem, digest, read_folder
from treatments.content.records import vocabulary_of
from treatments.content.release import SHIPPED, build, example_problems, shipped

__all__ = [
    "KNOWLEDGE",
    "SHIPPED",
    "ContentInvalid",
    "Files",
    "Problem",
    "build",
    "digest",
    "example_problems",
    "read_folder",
    "shipped",
    "vocabulary_of",
]
