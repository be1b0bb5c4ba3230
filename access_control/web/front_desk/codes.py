"""QR codes as one path of an SVG: sharp at any size, and nothing that the content policy refuses."""

from __future__ import annotations

from dataclasses import dataclass

from access_control.visitors.labels import qr_rows


@dataclass(frozen=True, slots=True)
class CodePicture:
    """A QR code; ``size`` modules wide with its quiet zone, ``path`` draws the dark ones."""

    size: int
    path: str


def code_picture(text: str) -> CodePicture:
    """Draw a text."""
    rows = qr_rows(text)
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = next((i for i in range(x, len(row)) if not row[i]), len(row))
            runs.append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end
    return CodePicture(len(rows), "".join(runs))
