"""Networks for images of any size, in the library's language (docs/networks.md): the presets' own where they fit."""
from __future__ import annotations

LEAST_SIDE = 8  # below, an image is treated as a vector
SMALLEST, MOST_HALVINGS = 4, 4
PRESETS = {(28, 28, 1): "mnist", (32, 32, 3): "cifar"}


def ladder(height: int, width: int) -> list[tuple[int, int]]:
    """The sizes at which an image is seen, halved and rounded up as "pool 2" does.

    >>> ladder(28, 28)
    [(28, 28), (14, 14), (7, 7), (4, 4)]
    """
    sizes = [(height, width)]
    while min(sizes[-1]) > SMALLEST and len(sizes) <= MOST_HALVINGS:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    return sizes


def _up(channels: int, to: tuple[int, int]) -> str:
    """The transposed convolution from half of a size to it: 2 in - 1 with a kernel of 3, 2 in with 4 or "+1"."""
    even = [side % 2 == 0 for side in to]
    if even[0] == even[1]:
        return f"tconv {channels} 3x3 /2{' +1' if even[0] else ''}"
    return f"tconv {channels} {4 if even[0] else 3}x{4 if even[1] else 3} /2"


def descriptions(height: int, width: int, channels: int) -> dict[str, object]:
    """Options "model" with the networks and latents for images of a size.

    >>> descriptions(8, 8, 1)["p_merge"]
    'dense 4x4x32 relu, tconv 1 3x3 /2 +1'
    """
    if min(height, width) < LEAST_SIDE:
        return _dense()
    sizes = ladder(height, width)
    large = height * width >= 400
    maps, wide = (64, 500) if large else (32, 200)
    dense = f"dense {wide} relu"
    down = ", ".join(f"conv {maps} 3x3 relu, pool 2" for _ in sizes[1:])
    first = f"dense {sizes[-1][0]}x{sizes[-1][1]}x{maps} relu"
    steps = [_up(maps, size) + " relu" for size in sizes[-2:0:-1]] + [_up(channels, sizes[0])]
    return {"z": 64 if large else 16, "m": 32 if large else 16, "p_y": f"{dense}, {dense}", "p_z": f"{dense}, {dense}",
            "p_m": ", ".join([dense] * 4), "p_merge": ", ".join([first, *steps]), "q_m": f"{down}, {dense}",
            "q_z": f"{down}, {dense} | {dense}"}


def _dense() -> dict[str, object]:
    dense = "dense 64 relu"
    return {"z": 4, "m": 8, "p_y": f"{dense}, {dense}", "p_z": f"{dense}, {dense}", "p_m": ", ".join([dense] * 4),
            "p_merge": f"{dense}, dense x", "q_m": ", ".join([dense] * 3), "q_z": f"{dense}, {dense} | {dense}"}
