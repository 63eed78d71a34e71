"""The options of the command line are one table: help, man page and completion name the same.

usage: options_test.py PROGRAM HAS_PNG MAN COMPLETION
"""
import pathlib
import re
import sys

from tool import check, end, run

man = pathlib.Path(sys.argv[3]).read_text().replace("\\-", "-")
completion = pathlib.Path(sys.argv[4]).read_text()
commands = re.findall(r"^  (\w+)  ", run("--help")[0], re.M)
check(len(commands) == 10, f"commands: {commands}")
check(f"'{' '.join(commands)} --help --version'" in completion, "completion: the commands")
all_options: dict[str, str] = {}


def completed(command: str) -> list[str]:
    """What the completion has for a command."""
    found = re.search(rf"^    (?:[\w |]*\| )?{command}(?: \|[\w |]*)?\)\s*options='([^']*)'", completion, re.M)
    return sorted(found.group(1).split()) if found else []


for command in commands:
    text = run(command, "--help")[0]
    options = dict(re.findall(r"^  (?:-\w, |    )--([\w-]+)( \S+)?", text, re.M))
    options.pop("help", None)
    all_options.update(options)
    check(completed(command) == sorted(f"--{name}" for name in options),
          f"completion of {command}: {completed(command)}, help: {sorted(options)}")
    check(re.search(rf"^\.BR {command} ", man, re.M) is not None, f"man page: {command}")
check(len(all_options) > 25, f"options: {sorted(all_options)}")
listed = dict(re.findall(r"^(?:\\fB-\w\\fR, )?\\fB--([\w-]+)\\fR(?: \\fI(\S+)\\fR)?$", man, re.M))
check(sorted(listed) == sorted(all_options), f"man page: {sorted(set(listed) ^ set(all_options))}")
check({name: unit.strip() for name, unit in all_options.items()} == listed, "man page: units")
check("cama " + run("--version")[0].split()[1] in man, "man page: the version")
end()
