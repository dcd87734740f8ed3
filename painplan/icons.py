"""The icons: path data on a 16 x 16 grid, drawn as strokes in the colour of the text beside them.

An icon never stands alone for a meaning; a word is always beside it or in the label of its control.
"""

from __future__ import annotations

PATHS: dict[str, str] = {
    "alert": "M8 2 1.5 13.5h13L8 2zM8 6.5v3.2M8 11.6v.1",
    "arrow-down": "M8 3v10M4 9l4 4 4-4",
    "arrow-right": "M3 8h10M9 4l4 4-4 4",
    "arrow-up": "M8 13V3M4 7l4-4 4 4",
    "ban": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM3.8 3.8l8.4 8.4",
    "bell": "M4 11V7.2a4 4 0 0 1 8 0V11l1.2 1.5H2.8L4 11zM6.7 14.2h2.6",
    "calendar": "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3",
    "check": "M3 8.5l3.2 3.2L13 4.8",
    "check-circle": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM5.2 8.2l2 2 3.6-4",
    "chevron-down": "M4 6l4 4 4-4",
    "chevron-right": "M6 4l4 4-4 4",
    "circle": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
    "clock": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6",
    "columns": "M2.5 3h4.2v10H2.5zM9.3 3h4.2v10H9.3z",
    "critical": "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5L5.5 2zM8 5v3.6M8 10.9v.1",
    "cross": "M4 4l8 8M12 4l-8 8",
    "document": "M4 2h5l3.5 3.5V14H4V2zM9 2v3.5h3.5M6 8.5h4.5M6 11h4.5",
    "download": "M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11",
    "edit": "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3 3 13zM9.2 4.5l2.3 2.3",
    "information": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.3v3.6M8 5v.1",
    "keyboard": "M1.5 4h13v8h-13zM4 6.5h.1M6.7 6.5h.1M9.3 6.5h.1M12 6.5h.1M5 9.5h6",
    "lock": "M3.5 7.5h9V14h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
    "menu": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "message": "M2 3h12v8H7.5L4.5 13.5V11H2V3z",
    "minus": "M3 8h10",
    "person": "M8 2.2a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 14c.4-3 2.4-4.4 5.2-4.4s4.8 1.4 5.2 4.4",
    "pill": "M6 13.2a3 3 0 0 1-4.2-4.3L8.9 2a3 3 0 0 1 4.2 4.2L6 13.2zM5.3 5.6l4.2 4.2",
    "plus": "M8 3v10M3 8h10",
    "print": "M4.5 6V2h7v4M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7V14h-7z",
    "question": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z"
    "M6.2 6.4c.1-1.1.9-1.7 1.9-1.7 1.1 0 1.8.7 1.8 1.6 0 1.4-1.9 1.4-1.9 2.9M8 11.3v.1",
    "search": "M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zM10.5 10.5L14 14",
    "settings": "M2 4.5h7M12.5 4.5H14M2 11.5h1.5M7 11.5h7M10.7 2.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z"
    "M5.2 9.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z",
    "sign-out": "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
    "team": "M6 3a2.3 2.3 0 1 0 0 4.6A2.3 2.3 0 0 0 6 3zM1.6 13.2c.3-2.5 2-3.7 4.4-3.7s4.1 1.2 4.4 3.7"
    "M10.8 3.3a2.1 2.1 0 0 1 0 4.1M12 9.8c1.4.4 2.2 1.5 2.4 3.4",
    "undo": "M5.5 3L2.5 6l3 3M2.5 6h7a4 4 0 0 1 0 8H6",
}
