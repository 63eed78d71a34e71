"""pictures - draws docs/rooms.svg (the rooms and their ranks, as tests/abi/rooms.sh has them) and docs/prediction.svg (the
way of x to p(y|x)).

usage: pictures.py SOURCE_ROOT [--check]      --check: complain about a picture that is not what would be drawn
"""
import os
import re
import sys
from html import escape

ROOMS = {
    "base": ("errors, memory, noise,", "threads, sorting"),
    "options": ("what can a verb", "be told?"),
    "tensor": ("how is a tensor stored", "and computed with?"),
    "conv": ("how is a convolution", "computed?"),
    "nn": ("what is a network?",),
    "prob": ("what is a distribution?",),
    "image": ("what is a view?",),
    "model": ("what is the model?",),
    "logw": ("what is log w? forward,", "backward, objectives"),
    "data": ("what is a dataset?",),
    "verbs": ("what can one do", "with a model?"),
    "io": ("files: models, tables,", "graphs"),
    "api": ("the public functions:", "refuse what cannot be, call through"),
}

# What happens on the way, from the caller down to log w and back: file, its job, what there is after it.
WAY = [
    ("src/api/api_verbs.c", "refuses NULL and a session in use", "dataset x (n, D), options"),
    ("src/verbs/predict.c", "options; m inferred or do(m=0)", "p (n, C), to be found"),
    ("src/verbs/evaluate.c", "batch after batch", "a batch of B examples"),
    ("src/data/dataset_pack.c", "standard units, batch-blocked layout", "x (blocks, D, NR)"),
    ("src/verbs/session.c", "measures the workspace, makes room, runs", "an execution context"),
    ("src/logw/logw_run.c", "p_y for each class, then tile after tile of examples", "C rows"),
    ("src/logw/logw_causes.c", "p_prior, p_c on what is observed", "X rows: i"),
    ("src/logw/logw_m.c", "q(m|x), m drawn, p_m", "M rows: (i, u)"),
    ("src/logw/logw_sensor.c", "x as it is seen under m and c", "M or X rows"),
    ("src/logw/logw_trunk.c", "the trunk of q_z on it", "M or X rows"),
    ("src/logw/logw_tiles.c", "tile after tile of rows; classes that cannot win drop out", ""),
    ("src/logw/logw_rows.c", "q(z|x,y,m) from the join on", "Q rows: (i, u, c)"),
    ("src/logw/logw_rows.c", "z drawn, p_z, p_merge, log p(x|y,z,m): w", "R rows: (i, u, c, k)"),
    ("src/logw/logw_objective.c", "Bayes' rule: log-mean over u and k, softmax over c", "p(y|x) (B, C)"),
]
BELOW = [
    ("src/nn/net.c, layer.c", "layers; joins in parts"),
    ("src/conv", "which algorithm computes it"),
    ("src/tensor/kernel.c", "BLIS's micro-kernel"),
    ("src/base/rng.c", "noise as a function of a key"),
    ("src/prob/gauss.c", "draws, KL, log-ratios"),
    ("src/prob/likelihood.c", "log p(x|.)"),
]
STYLE = ("text{font:12px sans-serif;fill:#222}.name{font-weight:bold}.small{font-size:11px;fill:#555}"
         ".mid{text-anchor:middle}.box{fill:#f4f7fb;stroke:#64748b}.path{font:11px monospace}")


def text(x, y, words, style=""):
    return f'<text x="{x}" y="{y}"{f" class={chr(34)}{style}{chr(34)}" if style else ""}>{escape(words)}</text>'


def box(x, y, width, height):
    return f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>'


def arrow(x1, y1, x2, y2):
    return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="#64748b" fill="none" marker-end="url(#end)"/>'


def svg(width, height, parts):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
            f"<style>{STYLE}</style>", '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#64748b"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="#fff"/>')
    return "\n".join([*head, *parts, "</svg>", ""])


def ranks(root):
    with open(os.path.join(root, "tests/abi/rooms.sh"), encoding="utf-8") as file:
        found = {name: int(rank) for name, rank in re.findall(r'rank\["(\w+)"\] = (\d+)', file.read())}
    if set(found) != set(ROOMS):
        sys.exit(f"FAILED: docs/pictures.py and tests/abi/rooms.sh differ: {sorted(set(found) ^ set(ROOMS))}")
    return found


def rooms(root):
    rank = ranks(root)
    top, step, parts = max(rank.values()), 62, []
    for level in range(top + 1):
        names = [name for name in ROOMS if rank[name] == level]
        y, width = 34 + (top - level) * step, (620 - 12 * (len(names) - 1)) // len(names)
        parts.append(text(14, y + 28, str(level), "small"))
        for i, name in enumerate(names):
            x = 36 + i * (width + 12)
            parts += [box(x, y, width, 50), text(x + width // 2, y + 17, name, "name mid")]
            parts += [text(x + width // 2, y + 31 + 13 * j, line, "small mid") for j, line in enumerate(ROOMS[name])]
    parts.append(text(36, 20, "programs, bindings and tests/api see include/cama/cama.h alone", "small"))
    parts.append(text(36, 34 + (top + 1) * step + 4, "A room sees rooms of lower rank; rooms of one rank do not see each other.",
                      "small"))
    return svg(672, 34 + (top + 1) * step + 16, parts)


def prediction(_):
    step, parts = 40, [text(20, 20, "cama_predict", "name"), text(588, 20, "what there is then", "small")]
    for i, (path, job, then) in enumerate(WAY):
        y = 32 + i * step
        parts += [box(20, y, 540, 28), text(30, y + 18, path, "path"), text(210, y + 18, job)]
        parts.append(text(588, y + 18, then, "small"))
        if i:
            parts.append(arrow(34, y - 12, 34, y - 1))
    y = 32 + len(WAY) * step + 14
    parts.append(text(20, y, "Below log w, each time a network runs, a latent is drawn or x is judged:", "small"))
    for i, (path, job) in enumerate(BELOW):
        x, row = 20 + 254 * (i % 3), y + 12 + 50 * (i // 3)
        parts += [box(x, row, 236, 38), text(x + 10, row + 16, path, "path"), text(x + 10, row + 31, job, "small")]
        if i < len(BELOW) // 2 - 1:
            parts.append(arrow(x + 236, row + 19, x + 253, row + 19))
    return svg(780, y + 124, parts)


def main():
    root, check = sys.argv[1], sys.argv[2:] == ["--check"]
    failed = 0
    for name, draw in (("rooms", rooms), ("prediction", prediction)):
        path, drawn = os.path.join(root, "docs", name + ".svg"), draw(root)
        if check:
            with open(path, encoding="utf-8") as file:
                if file.read() != drawn:
                    print(f"FAILED: {path} is not what docs/pictures.py draws: python3 docs/pictures.py .")
                    failed = 1
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(drawn)
    sys.exit(failed)


if __name__ == "__main__":
    main()
