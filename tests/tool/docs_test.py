"""docs/cama.md: every command runs as it stands, in the order of the page, and README's too."""
import os
import pathlib
import re
import subprocess
import sys

from tool import HAS_PNG, PROGRAM, bars, check, end, tables, work

root = pathlib.Path(sys.argv[5])
tables()
if HAS_PNG:
    bars("digits", 30, 1)
(work / "bin").mkdir()
(work / "bin" / "cama").symlink_to(PROGRAM)
for name, source in (("data.csv", "train.csv"), ("graph.csv", "g.csv")):
    (work / name).write_text((work / source).read_text())
where = os.environ | {"PATH": f"{work / 'bin'}:{os.environ['PATH']}"}


def commands(page: str) -> list[str]:
    """Indented lines that begin with cama."""
    found = re.findall(r"^    (cama .*)$", (root / page).read_text(), re.M)
    return [line.split("   #")[0] for line in found]


for page, least in (("docs/cama.md", 20), ("README.md", 4)):
    lines = commands(page)
    check(len(lines) >= least, f"{page}: {len(lines)} commands")
    for line in lines:
        if not HAS_PNG and re.search(r"digits|[dv]0?\.safetensors", line):
            continue
        done = subprocess.run(line, shell=True, cwd=work, env=where, capture_output=True, text=True, timeout=120)
        check(done.returncode == 0, f"{page}: {line}: {done.returncode} {done.stderr}")
check((work / "p.csv").read_text().startswith("row,class,probability,p(loose)"), "p.csv")
check((work / "r.html").read_text().count("<svg") == 4, "r.html")
end()
