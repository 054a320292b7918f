"""Build the wheel and hold its contents against the tree: every module of every room, and nothing else."""

import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent
FOLDERS = (
    "kernels", "sweeps", "analysis", "claims", "cluster", "crises", "explorer", "report",
    "benchmarks", "benchmarks/peers",
)  # fmt: skip
ROOMS = {"posse": "src/posse"} | {f"posse/{room}": room for room in FOLDERS}


def expected() -> set[str]:
    """Names of the modules in the tree as the wheel should have them."""
    modules = {f"{room}/{f.name}" for room, folder in ROOMS.items() for f in (ROOT / folder).glob("*.py")}
    return (
        modules | {"posse/py.typed"} | {f"posse/{f}" for f in ["benchmarks/peers/restraint.c"] if (ROOT / f).exists()}
    )


def built() -> set[str]:
    """Names of the files in a freshly built wheel, its metadata aside."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--outdir", folder, str(ROOT)]  # by way of the source archive
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = Path(folder).glob("*.whl")
        return {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}


def main() -> None:
    found = built()
    if found != expected():
        sys.exit(f"the wheel lacks {sorted(expected() - found)} and has {sorted(found - expected())} too much")
    print("wheel: every room is in it")


if __name__ == "__main__":
    main()
