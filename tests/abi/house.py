"""The house in numbers, and what may not come back.

usage: house.py SOURCE_ROOT [--list]

Prints files, functions and their sizes, functions with more than seven parameters, and circles of modules: a module is
NAME.c and NAME.h; it uses another one if it includes its header, or calls a function that the other one defines. Fails
if there is a circle, if a header but an .inc defines a function that is not `static inline`, or if a name
that a header shares has no prefix. --list names what is counted.
"""
import pathlib
import re
import sys

FUNCTION = re.compile(r"^(?P<head>[A-Za-z_][\w \t\*\(\),\[\]]*?\b(?P<name>[a-z_]\w*))\((?P<parameters>[^;{}]*)\)\s*\{", re.M)


def plain(text):
    """The code without comments, strings and preprocessor lines; lines stay where they are."""
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    text = re.sub(r"'(\\.|[^'\\\n])'", "0", text)
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", "", m.group(0)), text, flags=re.M)


def body_of(code, start):
    depth = 0
    for i in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[i], 0)
        if depth == 0:
            return code[start : i + 1]
    return code[start:]


def functions(code):
    for match in FUNCTION.finditer(code):
        if match["name"] in ("if", "for", "while", "switch"):
            continue
        parameters = [p for p in re.sub(r"\([^()]*\)", "", match["parameters"]).split(",") if p.strip() not in ("", "void")]
        body = body_of(code, match.end() - 1)
        yield match["name"], match["head"], len(parameters), body.count("\n") + 1, body


def circles(graph):
    """Sets of modules that reach each other (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            members = []
            while not members or members[-1] != node:
                members.append(stack.pop())
            if len(members) > 1:
                found.append(sorted(members))

    sys.setrecursionlimit(10000)
    for node in graph:
        if node not in index:
            visit(node)
    return found


def main():
    root, listing = pathlib.Path(sys.argv[1]), "--list" in sys.argv
    files = sorted((root / "src").glob("*/*.[ch]"))
    code = {f: plain(f.read_text()) for f in files}
    module = {f: f"{f.parent.name}/{f.stem}" for f in files}
    includes = {m: set() for m in module.values()}
    calls = {m: set() for m in module.values()}
    by_name = {f.name: module[f] for f in files}
    defined, many, sizes, bad = {}, [], [], []
    for f in files:
        for name in re.findall(r'#include "(?:\.\./\w+/)?([\w.]+)"', f.read_text()):
            if by_name.get(name, module[f]) != module[f]:
                includes[module[f]].add(by_name[name])
        for name, head, parameters, lines, _ in functions(code[f]):
            sizes.append(lines)
            if not name.startswith("cama__") and f.suffix == ".h":
                bad.append(f"{f.relative_to(root)}: {name} has no prefix")
            if f.suffix == ".h" and "static inline" not in head:
                bad.append(f"{f.relative_to(root)}: {name} is code in a header")
            if "static" not in head:
                defined[name] = module[f]
            if parameters > 7:
                many.append((parameters, name, str(f.relative_to(root))))
    for f in files:
        for _, _, _, _, body in functions(code[f]):
            for name in re.findall(r"\b(cama_\w+)\s*\(", body):
                if defined.get(name, module[f]) != module[f]:
                    calls[module[f]].add(defined[name])
    of_includes, of_calls = circles(includes), circles({m: includes[m] | calls[m] for m in includes})
    print(f"{len(files)} files, {len(sizes)} functions of {sum(sizes) / len(sizes):.1f} lines in the mean, {max(sizes)} at most")
    print(f"functions with more than 7 parameters: {len(many)}, with 10 or more: {sum(m[0] > 9 for m in many)}")
    print(f"circles of includes: {len(of_includes)}; of includes and calls: {len(of_calls)}, modules in them: {sum(map(len, of_calls))}")
    for line in bad:
        print(f"FAILED: {line}")
    for members in of_includes:
        print("FAILED: a circle of includes: " + ", ".join(members))
    for members in of_calls:
        print("FAILED: a circle of includes and calls: " + ", ".join(members))
    if listing:
        for parameters, name, where in sorted(many, reverse=True):
            print(f"{parameters:3} {name} in {where}")
    return 1 if bad or of_includes or of_calls or not sizes else 0


if __name__ == "__main__":
    sys.exit(main())
