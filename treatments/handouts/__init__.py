"""The plan in plain words: what the patient takes home, as data, as text that is scored for reading, and as PDF."""

from treatments.handouts.model import Audience, Handout, Standing
from treatments.handouts.pdf import Paper, PdfUnavailable, Print, is_available, pdf_of
from treatments.handouts.reading import Reading, hardest, reading_of
from treatments.handouts.sheet import Person, Practice, handout_of
from treatments.handouts.wording import language_of, shipped_library

__all__ = [
    "Audience",
    "Handout",
    "Paper",
    "PdfUnavailable",
    "Person",
    "Practice",
    "Print",
    "Reading",
    "Standing",
    "handout_of",
    "hardest",
    "is_available",
    "language_of",
    "pdf_of",
    "reading_of",
    "shipped_library",
]
