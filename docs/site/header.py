"""header - what the site takes from cama.h: its sections, its names, and its comments as Doxygen reads them.

usage: header.py CAMA_H         the header with Doxygen's comments, as its INPUT_FILTER

The header is written for those who read it, with ordinary comments. A comment that stands right above a declaration is
the declaration's; the declarations that follow without an empty line share it.
"""
import re
import sys

SECTION = re.compile(r"^/\* ---- (.+?) -{4,}")
NAME = re.compile(r"^(?:#define (CAMA_[A-Z_0-9]+) |typedef struct (cama_\w+) |typedef .*\(\*(cama_\w+)\)"
                  r"|CAMA_API .*?\b(cama_\w+)\()")
SCAFFOLD = ("CAMA_H", "CAMA_API", "CAMA_CHECK")


def blocks(header):
    """Runs of lines without an empty one, of what follows the header's own comment."""
    body = header[header.index("#ifndef CAMA_H\n"):]
    return [block.split("\n") for block in body.split("\n\n")]


def name_of(line):
    found = NAME.match(line)
    name = found and next(group for group in found.groups() if group)
    return None if name in SCAFFOLD else name


def kind_of(line):
    """The directive of breathe for a declaration."""
    if line.startswith("#define"):
        return "doxygendefine"
    return "doxygentypedef" if line.startswith("typedef") else "doxygenfunction"


def sections(header):
    """[(title, paragraphs that stand alone, [(directive, name)])]."""
    found = []
    for block in blocks(header):
        title = SECTION.match(block[0])
        if title:
            found.append((title.group(1), [], []))
            block = block[1:]
            text = " ".join(re.sub(r"^ \*/?", "", line).strip() for line in block)
            if text.strip():
                found[-1][1].append(text.replace("*/", "").strip())
            continue
        for line in block:
            if found and name_of(line):
                found[-1][2].append((kind_of(line), name_of(line)))
    return found


def comment(lines):
    """A comment of the header as one of Doxygen's: indented lines, equations, keep their form."""
    out, verbatim = [], False
    for line in lines:
        text = re.sub(r"^(/\*| \*) ?", "", line).replace("*/", "").rstrip()
        equation = text.startswith("    ")
        if equation != verbatim:
            out.append("@verbatim" if equation else "@endverbatim")
            verbatim = equation
        if not equation:
            for plain, escaped in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("#", "\\#"),
                                   ("%", "\\%"), ('"', "&quot;")):
                text = text.replace(plain, escaped)
        out.append(text)
    text = re.sub(r"@since\s+([\d.]+)", r"(Since \1.)", "\n".join(out))
    return "/** " + text + ("\n@endverbatim" if verbatim else "") + " */"


def valued(line):
    """A constant with its value as the beginning of its comment, which the reference would not show."""
    found = re.match(r"(#define CAMA_\w+ (\d+))(?: +/\*\*< (.*) \*/)?$", line)
    if not found:
        return line
    return f"{found.group(1)} /**< {found.group(2)}{': ' + found.group(3) if found.group(3) else ''} */"


def rules(header):
    """[(word, sentence)] of "Rules that hold for every function" in the header's own comment."""
    text = header[header.index("Rules that hold for every function\n"):header.index(" * Copyright")]
    found = []
    for line in text.split("\n")[1:]:
        begin = re.match(r" \*   (\w+) +(.*)", line)
        if begin:
            found.append([begin.group(1), begin.group(2)])
        elif found:
            found[-1][1] += " " + line.strip(" *")
    return found


def documented(block):
    """A block with its comment before each of its declarations, and comments at the end of a line as Doxygen's."""
    end = next((index for index, line in enumerate(block) if line.endswith("*/")), -1) if block[0][:2] == "/*" else -1
    out, shared = [], comment(block[:end + 1]) if end >= 0 and end + 1 < len(block) else None
    for line in block[end + 1:] if shared else block:
        if name_of(line) and shared:
            out.append(shared)
        out.append(valued(re.sub(r"(\S.*?)/\* (.*) \*/$", r"\1/**< \2 */", line)))
    return out


def filtered(header):
    return "/** @file */\n" + "\n\n".join("\n".join(documented(block)) for block in blocks(header))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(filtered(file.read()))
