"""Images under a view: what src/image and src/prob/contaminated compute, by PyTorch's own sampling and autograd.

    python tests/twin/view.py        # writes fixtures/view.twin
"""
import os

import torch
import torch.nn.functional as F

import records

ROWS, H, W, C, RADIUS, FLOOR = 6, 7, 5, 2, 6, 1e-4
PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "view.twin")


def wave(shape, low, high, phase):
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    v = low + (high - low) * (0.5 + 0.5 * torch.sin(phase + 1.3 * i + 0.017 * i * i))
    return v.reshape(shape).float().double()  # numbers that a float can hold


def linear(v):
    """A = R(rotation) [[e^zoom_y, shear], [0, e^zoom_x]] on (y, x), and t; one for each row."""
    c, s, zero = torch.cos(v[:, 2]), torch.sin(v[:, 2]), torch.zeros_like(v[:, 2])
    rotation = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)
    stretch = torch.stack([torch.stack([v[:, 3].exp(), v[:, 5]], -1), torch.stack([zero, v[:, 4].exp()], -1)], -2)
    return rotation @ stretch, v[:, :2]


def sample(x, a, t, padding):
    """x (rows, C, H, W) read at A q + t, in units of half the longer side about the centre."""
    long = max(H, W)
    y, z = (torch.arange(n, dtype=x.dtype) + 0.5 - n / 2 for n in (H, W))
    q = torch.stack(torch.meshgrid(y * 2 / long, z * 2 / long, indexing="ij"), -1)
    place = torch.einsum("rab,ijb->rija", a, q) + t[:, None, None]
    grid = torch.stack([place[..., 1] * long / W, place[..., 0] * long / H], -1)  # x first, in units of each side
    return F.grid_sample(x, grid, mode="bilinear", padding_mode=padding, align_corners=False)


def blurred(x, width):
    """Each row by its own Gaussian, along y and then x, with the border's value beyond the edge."""
    k = torch.arange(-RADIUS, RADIUS + 1, dtype=x.dtype)
    rows = []
    for image, s in zip(x, width):
        if abs(float(s.detach())) >= 0.05:
            taps = torch.exp(-k ** 2 / (2 * s ** 2))
            taps = taps / taps.sum()
            image = F.conv2d(F.pad(image[:, None], (0, 0, RADIUS, RADIUS), mode="replicate"), taps[None, None, :, None])
            image = F.conv2d(F.pad(image, (RADIUS, RADIUS, 0, 0), mode="replicate"), taps[None, None, None, :])[:, 0]
        rows.append(image)
    return torch.stack(rows)


def mean_image(logits, v):
    a, t = linear(v)
    inverse = torch.linalg.inv(a)
    moved = sample(torch.sigmoid(logits), inverse, -torch.einsum("rab,rb->ra", inverse, t), "border")
    toned = 0.5 + v[:, 6].exp()[:, None, None, None] * (blurred(moved, v[:, 8]) - 0.5) + v[:, 7][:, None, None, None]
    return FLOOR + (1 - 2 * FLOOR) * toned.clamp(0, 1)


def seen_image(x, v):
    a, t = linear(v)
    plain = 0.5 + (x - v[:, 7][:, None, None, None] - 0.5) / v[:, 6].exp()[:, None, None, None]
    return sample(plain.clamp(0, 1), a, t, "zeros")


def log_density(x, mean, v):
    """Of rows whose pixels are, with probability share, anything."""
    share = (1 - torch.exp(-v[:, 9] ** 2))[:, None, None, None]
    return torch.log((1 - share) * mean ** x * (1 - mean) ** (1 - x) + share / 2).sum((1, 2, 3)), share[:, 0, 0, 0]


def main():
    size = torch.tensor([0.4, 0.3, 0.6, 0.25, 0.2, 0.3, 0.2, 0.1, 0.9, 0.4], dtype=torch.float64)
    r, k = torch.arange(ROWS, dtype=torch.float64)[:, None], torch.arange(10, dtype=torch.float64)
    v = (size * torch.sin(2.1 * r + 1.7 * k + 0.3) * (r > 0)).float().double().requires_grad_(True)  # row 0: no view
    image = (ROWS, C, H, W)
    logits = wave(image, -2.5, 2.5, 0.4).requires_grad_(True)
    x = wave(image, 0.02, 0.98, 1.1).requires_grad_(True)
    weight = wave(image, -1, 1, 2.2)
    mean, seen = mean_image(logits, v), seen_image(x, v)
    log_p, share = log_density(x, mean, v)
    out = {"sizes": torch.tensor([ROWS, H, W, C]), "numbers": v, "logits": logits, "x": x, "weight": weight,
           "mean": mean, "seen": seen, "share": share, "log_p": log_p}
    for name, value, of in (("mean", (weight * mean).sum(), (logits, v)), ("seen", (weight * seen).sum(), (x, v)),
                            ("log_p", log_p.sum(), (logits, x, v))):
        for key, g in zip(("logits", "numbers") if name == "mean" else ("x", "numbers") if name == "seen"
                          else ("logits", "x", "numbers"), torch.autograd.grad(value, of, retain_graph=True)):
            out[f"grad.{name}.{key}"] = g
    out = {n: (t.permute(0, 2, 3, 1) if t.ndim == 4 else t).detach().numpy() for n, t in out.items()}
    records.write(PATH, out)
    print(f"view.twin: {len(out)} records, {os.path.getsize(PATH)} bytes")


if __name__ == "__main__":
    main()
