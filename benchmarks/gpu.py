"""All that wants a GPU, in one run with an end: `python benchmarks/gpu.py --minutes 9 --out gpu.md`.

Throughput of training, FSDP and acting, see `gpu_part.py`. Each part is a process of its own. It has its share of the
time, and what one leaves is for the others; a part that fails or takes too long is a line of the report, which is
written as it goes. Nothing is downloaded. Without a GPU the parts run at small sizes on the CPU.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import torch

from padzoo.core.provenance import origin

WEIGHTS: Final = {"train": 5, "fsdp": 6, "act": 1}  # of the time, by kind of part
PARTS: Final = {  # by device, short ones first: what they leave is for the others
    "cuda": ("act 103m", "act 4m", "fsdp 103m", "train 103m", "train 4m"),
    "cpu": ("act pico", "fsdp nano", "train pico"),
}
MINUTES: Final = {"cuda": 9.0, "cpu": 3.0}


def measure(part: str, seconds: float, report: Path) -> bool:
    """Runs a part in a process of its own, which adds to the report; returns whether it came to its end in time."""
    start, before = time.perf_counter(), len(report.read_text())
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,  # which a part that is ended leaves
        report.open("a") as out,
        tempfile.TemporaryFile("w+") as errors,
    ):
        print(f"\n## {part}\n", file=out, flush=True)
        command = [sys.executable, str(Path(__file__).with_name("gpu_part.py")), *part.split()]
        environment = os.environ | {"TMPDIR": scratch}
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=errors, start_new_session=True)
        try:
            code = process.wait(seconds)
            errors.seek(0)
            lines = errors.read().strip().splitlines() or [f"exit status {code}"]
            failure = f"Failed: {lines[-1]}" if code else ""
        except subprocess.TimeoutExpired:
            failure = f"Stopped after its {seconds:.0f} s."
        finally:
            with suppress(ProcessLookupError):  # its games and ranks too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        took = time.perf_counter() - start
        print(f"\n{f'**{failure}**' if failure else f'It took {took:.0f} s.'}", file=out)
    print(report.read_text()[before:], end="", flush=True)
    return not failure


def main() -> None:
    """Runs the parts that are asked for, or all."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=PARTS[device], help=f"here {', '.join(PARTS[device])}")
    parser.add_argument("--minutes", type=float, default=MINUTES[device], help="for all parts")
    parser.add_argument("--out", type=Path, default=Path("gpu.md"), help="report to write")
    given = parser.parse_args()
    for part in given.parts:
        if len(part.split()) != 2 or part.split()[0] not in WEIGHTS:
            parser.error(
                f"part {part!r}: allowed: {', '.join(WEIGHTS)}, each with a size, such as {PARTS[device][0]!r}"
            )
    end = time.perf_counter() + 60 * given.minutes
    asked = "" if given.parts == PARTS[device] else f" {shlex.join(given.parts)}"
    title = f"# On a GPU\n\n{origin()}\n`python benchmarks/gpu.py{asked} --minutes {given.minutes:g}`\n"
    if device == "cpu":
        title += "\nThere is no GPU here: small sizes on the CPU show that every part runs, and nothing of a GPU.\n"
    given.out.write_text(title)
    print(title, end="", flush=True)
    left, whole = list(given.parts), True
    while left:
        shares = [WEIGHTS[part.split()[0]] for part in left]
        seconds = max(0.0, end - time.perf_counter()) * shares[0] / sum(shares)
        whole &= measure(left.pop(0), seconds, given.out)
    raise SystemExit(not whole)


if __name__ == "__main__":
    main()
