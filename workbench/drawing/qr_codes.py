"""Pictures of QR codes for print: PNG for office programs, SVG for designers."""

from pathlib import Path

import segno

PIXELS = 1_200
"""The least width of a PNG: 10 cm at 300 dots per inch."""


def write_picture(png: bytes, name: str, folder: Path) -> Path:
    """Write a picture that WeChat has drawn: only its own readers know the codes of mini programs."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.png"
    file.write_bytes(png)
    return file


def write_pictures(text: str, name: str, folder: Path) -> tuple[Path, Path]:
    """Write both pictures of a code, with the white margin that readers need, in the place of older ones.

    A quarter of the code may be damaged or covered (error correction Q).
    """
    code = segno.make_qr(text, error="q", boost_error=False)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    scale = -(-PIXELS // code.symbol_size()[0])
    folder.mkdir(parents=True, exist_ok=True)
    code.save(str(png), scale=scale)
    # On coloured paper the light modules must be white, too.
    code.save(str(svg), scale=scale, light="white", xmldecl=False)
    return png, svg
