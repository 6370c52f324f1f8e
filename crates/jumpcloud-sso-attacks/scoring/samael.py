"""samael, which reads the system's clock: python3 samael.py FOLDER."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from cases import cases

PACKAGE = Path(__file__).parent / "samael"


def main():
    folder = Path(sys.argv[1])
    built = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(PACKAGE / "Cargo.toml")]
    subprocess.run([*built, "--target-dir", str(PACKAGE / "target")], check=True)
    for at in sorted({case["at"] for case in cases(folder)}):
        clock = datetime.fromisoformat(at.replace("Z", "+00:00")).strftime("%Y-%m-%d %H:%M:%S")
        program = [str(PACKAGE / "target/release/score-samael"), str(folder), at]
        # A library that ends the whole process has let nobody in.
        subprocess.run(["env", "TZ=UTC", "faketime", "-f", clock, *program])


main()
