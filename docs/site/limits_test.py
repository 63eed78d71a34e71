"""limits_test - every accuracy in limits.md stands in a page that its paragraph links to.

usage: limits_test.py PAGE
"""
import os
import re
import sys

ACCURACY = re.compile(r"(?<![\w.])\.\d{3}\b")


def check(page):
    with open(page, encoding="utf-8") as file:
        paragraphs = file.read().split("\n\n")
    missing, seen = [], 0
    for paragraph in paragraphs:
        text = ""
        for target in re.findall(r"\]\(([^)#]+\.md)\)", paragraph):
            with open(os.path.join(os.path.dirname(page), target), encoding="utf-8") as file:
                text += file.read()
        found = ACCURACY.findall(paragraph)
        seen += len(found)
        missing += [number for number in found if not re.search(r"(?<!\d)" + re.escape(number) + r"\b", text)]
    return seen, missing


if __name__ == "__main__":
    count, gone = check(os.path.abspath(sys.argv[1]))
    if gone or not count:
        sys.exit(f"FAILED: {sys.argv[1]}: {count} numbers, not in the pages linked beside them: {' '.join(gone)}")
