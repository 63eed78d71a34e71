"""Nothing is lost: runs that are stopped, full disks, closed standard output, outputs that cannot be written."""
import os
import signal
import subprocess
import time

from tool import PROGRAM, check, end, refused, run, tables, work

tables()
TRAIN = ["train", "train.csv", "--graph", "g.csv", "--target", "fault", "-q"]


def names() -> set[str]:
    return {path.name for path in work.iterdir()}


def wait_for_temporary(process: subprocess.Popen[bytes]) -> None:
    """Until the output is open, and the training has begun."""
    for _ in range(500):
        if any(name.startswith(".cama-") for name in names()) or process.poll() is not None:
            break
        time.sleep(.01)
    time.sleep(.3)


def stopped(number: int, *more: str) -> tuple[int, float]:
    """How a long training ends after a signal, and how soon."""
    process = subprocess.Popen([PROGRAM, *TRAIN, "--set", "epochs=1000000", "-o", "m.safetensors", *more], cwd=work,
                               stderr=subprocess.DEVNULL)
    wait_for_temporary(process)
    check(process.poll() is None, "a training of a million epochs ended")
    begun = time.monotonic()
    process.send_signal(number)
    status = process.wait(timeout=60)
    return status, time.monotonic() - begun


# A model that stands there stays; what was learned goes beside it, and can be gone on from.
(work / "m.safetensors").write_text("old")
before = names()
for number in (signal.SIGINT, signal.SIGTERM):
    status, seconds = stopped(number)
    check(status == 128 + number, f"stopped: status {status}")
    check(seconds < 5, f"stopped after {seconds:.1f} s")
    check((work / "m.safetensors").read_text() == "old", "stopped: the model that was there is not")
    check(names() == before | {"m.safetensors.stopped"}, f"stopped: files left: {names() - before}")
check(run("verify", "m.safetensors.stopped")[0] == "m.safetensors.stopped: good\n", "what was learned is no model")
run(*TRAIN[:2], "--from", "m.safetensors.stopped", "-q", "-o", "m.safetensors", "--set", "epochs=5")
run("predict", "m.safetensors", "new.csv", "-q")

# Adapting: nothing is written.
before = names()
process = subprocess.Popen([PROGRAM, "adapt", "m.safetensors", "monday.csv", "-q", "-o", "a.safetensors", "--set",
                            "steps=10000000"], cwd=work, stderr=subprocess.PIPE)
wait_for_temporary(process)
process.send_signal(signal.SIGINT)
_, err = process.communicate(timeout=60)
check(process.returncode == 130 and b"stopped; nothing was changed" in err, f"adapt: {process.returncode}, {err!r}")
check(names() == before, "adapt: files left")

# Outputs are opened before anything is learned.
for place, why in (("no/m.safetensors", "No such file"), (".", "Is a directory"), ("", "an empty one")):
    refused(1, why, *TRAIN, "--set", "epochs=1000000", "-o", place)
(work / "locked").write_text("mine")
os.chmod(work / "locked", 0o400)
if os.getuid() != 0:
    refused(1, "Permission denied", *TRAIN, "--set", "epochs=1000000", "-o", "locked")
check(names() == before | {"locked"}, "outputs that cannot be: files left")
refused(1, "No such file", "eval", "m.safetensors", "test.csv", "-q", "--report", "no/r.html")

# A run that fails leaves what stood there.
(work / "bad.csv").write_text("a,b\n1,2\n")
old = (work / "m.safetensors").read_bytes()
refused(1, "bad.csv: header", "train", "bad.csv", "--graph", "g.csv", "--target", "fault", "-q", "-o", "m.safetensors")
check((work / "m.safetensors").read_bytes() == old, "a failed run: the model is another")
check(names() == before | {"locked", "bad.csv"}, "a failed run: files left")

# Links are followed, rights stay, names of any script do.
(work / "there").mkdir()
(work / "there" / "real").write_text("old")
os.chmod(work / "there" / "real", 0o640)
(work / "link").symlink_to("there/real")
long = "модель-模型-" + "x" * 180
for place in ("link", long):
    run("adapt", "m.safetensors", "monday.csv", "-q", "-o", place, "--set", "steps=1")
    run("verify", place)
check((work / "link").is_symlink() and (work / "there" / "real").stat().st_mode & 0o777 == 0o640, "links and rights")

# Standard output: closed, full, gone.
def closed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", '"$0" "$@" >&-', PROGRAM, *words], cwd=work, capture_output=True, text=True)


for words in (["predict", "m.safetensors", "new.csv"], ["--help"], ["info", "m.safetensors"], ["options", "train"]):
    done = closed(*words)
    check(done.returncode == 1 and "standard output: it is closed" in done.stderr, f"closed: {words}: {done.stderr}")
if os.path.exists("/dev/full"):
    for words in (["predict", "m.safetensors", "new.csv", "-q"], ["--help"], ["info", "m.safetensors"],
                  ["verify", "m.safetensors"], ["eval", "m.safetensors", "test.csv"],
                  ["predict", "m.safetensors", "new.csv", "-q", "-o", "/dev/full"],
                  ["adapt", "m.safetensors", "new.csv", "-q", "-o", "/dev/full", "--set", "steps=1"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, *words], cwd=work, stdout=full, stderr=subprocess.PIPE, text=True)
        check(done.returncode == 1 and "No space left" in done.stderr,
              f"full: {words}: {done.returncode} {done.stderr}")
reader, writer = os.pipe()
os.close(reader)
done = subprocess.run([PROGRAM, "options"], cwd=work, stdout=writer, stderr=subprocess.PIPE, text=True)
check(done.returncode == 1 and "Broken pipe" in done.stderr, f"a reader that is gone: {done.returncode} {done.stderr}")
end()
