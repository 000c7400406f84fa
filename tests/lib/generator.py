"""bench/load as a process that runs beside others: prepared, begun, ended.

What may be given and what it tells is in bench/load.c."""
import json
import os
import subprocess

import harness
import tap

PROGRAM = os.path.join(harness.BUILDDIR, "bench", "load")
# More than the slowest of its answers (CLIENTS_PATIENCE_S) may take.
PATIENCE_S = 60


def need():
    if not os.access(PROGRAM, os.X_OK):
        raise tap.Failed("no program: make bench/load in " + harness.BUILDDIR)


class Generator:
    """Requests are made and connections stand before it is ready; nothing is
    sent before begin()."""

    def __init__(self, **options):
        need()
        command = [PROGRAM, "--wait", "--url", harness.PUBLIC_URL]
        for name, value in options.items():
            command += ["--" + name, str(value)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.is_ready = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def ready(self):
        if not self.is_ready:
            tap.equal(self.process.stdout.readline(), "ready\n",
                      "what bench/load says first")
            self.is_ready = True

    def begin(self):
        self.ready()
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, seconds):
        """What it tells, once it is through; it should take so long."""
        try:
            said, _ = self.process.communicate(timeout=seconds + PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise tap.Failed("bench/load does not end") from None
        tap.equal(self.process.returncode, 0, "bench/load's exit status")
        return json.loads(said)

    def kill(self):
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()


def only(result, status):
    """All that was sent was answered, and so."""
    tap.equal((result["status"], result["broken"], result["unanswered"],
               result["refused"]), ({str(status): result["sent"]}, 0, 0, 0),
              "answers")
    return result["sent"]
