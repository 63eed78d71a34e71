"""generate - reads cama.h and writes src/header.jl: every constant, handle and function as Julia declares them.

usage: generate.py CAMA_H OUTPUT            writes it
       generate.py --check CAMA_H OUTPUT    1 with a message if OUTPUT is not what the header would give

The header is read as for the Python package (bindings/python/generate.py). A Julia package is a folder that is used as
it is, without a build step, and cama.h need not lie beside an installed library: so the file is committed, and a test
checks that it is up to date.
"""
import importlib.util
import os
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
NUMBERS = {"int32_t": "Int32", "int64_t": "Int64", "float": "Float32", "double": "Float64", "void": "Cvoid"}


def reader():
    """The module bindings/python/generate.py."""
    path = os.path.join(HERE, "..", "python", "generate.py")
    spec = importlib.util.spec_from_file_location("cama_generate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def julia_type(kind, handles, callbacks):
    """ "Ptr{Ptr{cama_model}}" of "cama_model **"."""
    words = kind.replace("const", " ").replace("*", " * ").split()
    base, stars = words[0], len(words) - 1
    if base == "char":  # a text; an array of texts, or the place of one
        name, stars = "Cstring", stars - 1
    elif base in callbacks:
        name = "Ptr{Cvoid}"
    elif base in NUMBERS:
        name = NUMBERS[base]
    elif base in handles:
        name = base
    else:
        raise SystemExit(f"generate.py: a type it does not know: {kind!r}")
    return "Ptr{" * stars + name + "}" * stars


def declaration(name, result, parameters, handles, callbacks):
    arguments = [f"{each}::{julia_type(kind, handles, callbacks)}" for kind, each in parameters]
    text = f"@api {name}({', '.join(arguments)})::{julia_type(result, handles, callbacks)}"
    return textwrap.fill(text, 118, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def written(header):
    constants, handles, callbacks, functions, _ = reader().read(header)
    lines = ["# Made from cama.h by generate.py: do not edit. What the functions do stands in cama.h.", ""]
    lines += [f"const {name} = Int32({value})" for name, value in constants.items()]
    lines += ["", *(f"@handle {name}" for name in handles), ""]
    lines += [declaration(name, result, parameters, handles, callbacks)
              for name, (result, _, parameters) in functions.items()]
    return "\n".join(lines) + "\n"


def main(arguments):
    check = arguments[:1] == ["--check"]
    header, output = arguments[check:]
    with open(header, encoding="utf-8") as file:
        text = written(file.read())
    if not check:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    with open(output, encoding="utf-8") as file:
        if file.read() == text:
            return 0
    print(f"{output} is not what cama.h gives; write it again: generate.py {header} {output}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
