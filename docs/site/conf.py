# Sphinx's settings. The source folder is the root of the source tree, so that the site is made of the documents as they
# lie there, and their links to each other hold; docs/site/build says so to Sphinx.
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.append(HERE)
import header  # noqa: E402

with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
    release = re.search(r"^  version: '(.*?)'", file.read(), re.M).group(1)
project, author, version = "libcama", "the libcama authors", release
copyright = "2026 the libcama authors"  # as in cama.h

extensions = ["breathe", "myst_parser"]
include_patterns = ["docs/*.md", "docs/results/*.md", "docs/site/*.md", "docs/site/*.rst", "README.md", "NEWS.md",
                    "bench/README.md", "examples/README.md", "examples/data/*/README.md", "examples/studies/README.md",
                    "tests/twin/README.md"]
root_doc = "docs/site/index"
breathe_projects = {"cama": os.environ["CAMA_DOXYGEN_XML"]}
breathe_default_project = "cama"
breathe_domain_by_extension = {"h": "c"}
myst_heading_anchors = 4
highlight_language = "none"

html_theme = "alabaster"
html_title = f"libcama {release}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_theme_options = {"description": "Robust classification with a causal generative model", "page_width": "1240px",
                      "sidebar_width": "240px", "fixed_sidebar": False, "show_powered_by": False}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_show_sourcelink = False


def plain(text):
    """A text in which nothing is marked up."""
    return re.sub(r"([*`|\\]|_\b)", r"\\\1", text)


def reference():
    """The reference's sections, in the header's order."""
    with open(os.path.join(ROOT, "include", "cama", "cama.h"), encoding="utf-8") as file:
        text = file.read()
    lines = []
    for word, sentence in header.rules(text):
        lines += [word, "   " + plain(sentence)]
    for title, paragraphs, names in header.sections(text):
        lines += ["", title, "-" * len(title), ""]
        lines += [plain(line) for line in paragraphs]
        for directive, name in names:
            lines += ["", f".. {directive}:: {name}"]
    return "\n".join(lines)


def read(app, document, source):
    """Links to folders, which are no pages and no files, become their text; the reference is filled in."""
    folder = os.path.dirname(os.path.join(ROOT, document))

    def link(found):
        target = os.path.join(folder, found.group(2))
        return found.group(1) if os.path.isdir(target) else found.group()

    if document == "docs/site/reference":
        source[0] = source[0].replace(".. cama-reference", reference())
    else:
        source[0] = re.sub(r"(?<!!)\[([^\]]+)\]\(([^)#\s:]+)\)", link, source[0])


def setup(app):
    app.connect("source-read", read)
