"""Peak memory of a run against the size of its cube: examples/kosovo-1999.toml, and the same ten times larger.

python benchmarks/memory.py
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SPEC = Path(__file__).parent.parent / "examples" / "kosovo-1999.toml"


def peak(spec: Path, store: Path) -> int:
    """Bytes of memory that `posse run` had at most."""
    child = subprocess.Popen([sys.executable, "-m", "posse", "run", str(spec), "--store", str(store), "--no-progress"])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"posse run ended with {child.returncode}")
    return usage.ru_maxrss * 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        larger = Path(folder) / "larger.toml"
        larger.write_text(SPEC.read_text(encoding="utf-8").replace("[1, 100, 61]", "[1, 100, 610]"), encoding="utf-8")
        for name, spec in (("as it is", SPEC), ("ten times larger", larger)):
            print(f"{name}: peak memory {peak(spec, Path(folder) / f'{spec.stem}.zarr') / 1e6:.0f} MB\n", flush=True)


if __name__ == "__main__":
    main()
