"""Commands that a script of hours runs at once."""

import signal
import subprocess
import sys
import time
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import command
command.sys.executable = sys.argv[2]
with command.workers(2) as pool:
    list(pool.map(lambda number: command.padzoo(Path(str(number)), number), range(4)))
"""
# In the place of Python: says who it is, and ends at SIGTERM as a training does, after it has saved.
CHILD = "#!/bin/sh\ntrap 'touch saved-$3; exit 143' TERM\necho $$ > pid-$3\nwhile true; do sleep 0.05; done\n"


def test_at_sigterm_all_that_runs_saves_and_ends_and_nothing_else_is_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    child.write_text(CHILD)
    child.chmod(0o755)
    script = subprocess.Popen([sys.executable, "-c", PROGRAM, BENCHMARKS, child], cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not all((tmp_path / f"pid-{number}").exists() for number in (0, 1)):
        assert script.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    script.send_signal(signal.SIGTERM)
    assert script.wait(60) == 128 + signal.SIGTERM
    assert sorted(path.name for path in tmp_path.glob("saved-*")) == ["saved-0", "saved-1"]
    assert not (tmp_path / "pid-2").exists()
    for number in (0, 1):
        assert not Path(f"/proc/{int((tmp_path / f'pid-{number}').read_text())}").exists()
