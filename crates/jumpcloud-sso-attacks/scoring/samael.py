"""samael, which reads the system's clock: python3 samael.py FOLDER."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from cases import cases

PACKAGE = Path(__file__).parent / "samael"


def ask(folder, at):
    """Asks about the messages that are received at one time. A library that ends the whole process takes the answer about one
    message with it, not those about the ones behind: they are asked about in a new process."""
    clock = datetime.fromisoformat(at.replace("Z", "+00:00")).strftime("%Y-%m-%d %H:%M:%S")
    program = [str(PACKAGE / "target/release/score-samael"), str(folder), at]
    begin = 0
    while True:
        command = ["env", "TZ=UTC", "faketime", "-f", clock, *program, str(begin)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        print(done.stdout, end="", flush=True)
        if done.returncode == 0:
            return
        # The next one to be asked about had no answer.
        begin += done.stdout.count("\n") + 1
        if begin >= sum(case["at"] == at for case in cases(folder)):
            return


def main():
    folder = Path(sys.argv[1])
    built = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(PACKAGE / "Cargo.toml")]
    subprocess.run([*built, "--target-dir", str(PACKAGE / "target")], check=True)
    for at in sorted({case["at"] for case in cases(folder)}):
        ask(folder, at)


main()
