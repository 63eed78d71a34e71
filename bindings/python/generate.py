"""generate - reads cama.h and writes cama/_header.py: every constant, handle, callback and function as plain data.

usage: generate.py CAMA_H OUTPUT

The build runs it, so that a new function of the header can be called from Python without writing it twice. A
declaration that it does not understand ends the build: nothing is left out in silence.
"""
import re
import sys

NUMBERS = ("int32_t", "int64_t", "float", "double")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
FUNCTION = re.compile(r"^CAMA_API\s+(CAMA_CHECK\s+)?(.+?)(cama_\w+)\((.*)\)$", re.S)
CALLBACK = re.compile(r"^typedef\s+(\w+)\s*\(\*(cama_\w+)\)\((.*)\)$", re.S)
HANDLE = re.compile(r"^typedef\s+struct\s+(cama_\w+)\s+\1$")
SCAFFOLD = re.compile(r'^(extern "C" \{|\})?$')


def plain(text):
    """One space between words, stars together and apart from words: "const char *const *"."""
    return re.sub(r"\*\s+\*", "**", re.sub(r"\s*(\*+)", r" \1", " ".join(text.split()))).strip()


def parameter(text, known):
    """("const float *", "x") of "const float *x"."""
    match = re.fullmatch(r"(.*?)(\w+)", plain(text), re.S)
    kind, name = match.group(1).strip(), match.group(2)
    base = kind.replace("const", "").replace("*", "").strip()
    if base not in NUMBERS + ("char", "void") + tuple(known):
        raise SystemExit(f"generate.py: a type it does not know: {kind!r} of {name}")
    return kind, name


def parameters(text, known):
    return [] if text.strip() == "void" else [parameter(part, known) for part in text.split(",")]


def comment_of(text, end):
    """The last comment before the declaration at end that no empty line separates from it."""
    block = text[:end].rsplit("\n\n", 1)[-1]
    found = COMMENT.findall(block)
    lines = found[-1][2:-2].split("\n") if found else []
    return " ".join(re.sub(r"^\s*\*", "", line).strip() for line in lines).strip()


def read(header):
    """(constants, handles, callbacks, functions, comments) of the header's text."""
    constants = {name: int(value) for name, value in re.findall(r"^#define (CAMA_\w+) (\d+)\b", header, re.M)}
    blank = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), header)
    blank = re.sub(r"^#.*?(?<!\\)$", lambda match: " " * len(match.group()), blank, flags=re.M)
    handles, callbacks, functions, comments, at = [], {}, {}, {}, 0
    for piece in blank.split(";"):
        begin, statement = at + max(piece.find("CAMA_API"), 0), piece.strip()
        at += len(piece) + 1
        statement = re.sub(r'^extern "C" \{\s*', "", statement)
        known = handles + list(callbacks)
        if match := FUNCTION.match(statement):
            checked, result, name, inside = match.groups()
            functions[name] = (plain(result), bool(checked), parameters(inside, known))
            comments[name] = comment_of(header, begin)
        elif match := CALLBACK.match(statement):
            callbacks[match.group(2)] = (match.group(1), parameters(match.group(3), known))
        elif match := HANDLE.match(statement):
            handles.append(match.group(1))
        elif not SCAFFOLD.match(statement):
            raise SystemExit(f"generate.py: a declaration it does not know: {statement!r}")
    return constants, handles, callbacks, functions, comments


def written(header):
    names = ("CONSTANTS", "HANDLES", "CALLBACKS", "FUNCTIONS", "COMMENTS")
    kinds = ("dict[str, int]", "list[str]", "dict[str, tuple[str, list[tuple[str, str]]]]",
             "dict[str, tuple[str, bool, list[tuple[str, str]]]]", "dict[str, str]")
    lines = ['"""Made from cama.h by generate.py: do not edit."""\n']
    for name, kind, value in zip(names, kinds, read(header)):
        if isinstance(value, list):
            body = "[\n" + "".join(f"    {item!r},\n" for item in value) + "]"
        else:
            body = "{\n" + "".join(f"    {key!r}: {item!r},\n" for key, item in value.items()) + "}"
        lines.append(f"{name}: {kind} = {body}\n")
    return "\n".join(lines)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        text = written(file.read())
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(text)
