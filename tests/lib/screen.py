"""A program in a real terminal: tmux, on a server of its own.

    with screen.Screen(work, 80, 24, environment) as terminal:
        terminal.run("syncjournal events")
        terminal.lines()

What is read back is what a person would see: tmux has interpreted every
control sequence that the program wrote.
"""
import os
import re
import shutil
import subprocess

import tap

# More lines than any output of the tests.
CONFIGURATION = """set -g default-terminal "screen-256color"
set -g history-limit 20000
set -g status off
"""
SGR = re.compile(r"\x1b\[([0-9;:]*)m")


def need_tmux():
    program = shutil.which("tmux")
    if program is None:
        raise tap.Skip("tmux is not installed")
    return program


class Screen:
    """One pane, width by height. Commands are run by sh, in a directory."""

    def __init__(self, work, width, height=24, environment=None):
        self.program = need_tmux()
        self.work = work
        self.width = width
        self.height = height
        # A socket's path has some 100 bytes: that of the test's directory.
        self.environment = dict(environment or os.environ)
        self.environment.pop("TMUX", None)
        self.environment.update(TMUX_TMPDIR=work.directory,
                                LC_ALL="C.UTF-8", SHELL="/bin/sh")
        self.runs = 0

    def _tmux(self, *words):
        done = subprocess.run(
            [self.program, "-u", "-L", "screen", "-f",
             self.work.path("tmux.conf"), *words], capture_output=True,
            env=self.environment, cwd=self.work.directory, timeout=30,
            stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise tap.Failed("tmux %s: %s" % (words[0], done.stderr.decode()))
        return done.stdout.decode("utf-8", "replace")

    def __enter__(self):
        self.work.write("tmux.conf", CONFIGURATION)
        # The shell of the pane reads commands from where run() puts them.
        self.work.write("shell.sh", "stty -echo; while read -r file; "
                        'do . "./$file"; done\n')
        self._tmux("new-session", "-d", "-x", str(self.width),
                   "-y", str(self.height), "exec sh shell.sh")
        return self

    def __exit__(self, kind, value, trace):
        subprocess.run([self.program, "-L", "screen", "kill-server"],
                       capture_output=True, env=self.environment, timeout=30,
                       check=False)

    def run(self, command, status=0):
        """Run to its end on an empty screen; all that it wrote is then
        there, since what marks the end came behind it."""
        self.start(command)
        mark = "[%d ended with " % self.runs
        tap.until(lambda: mark in self.text(), "the end of " + command, 30)
        tap.true("%s%d]" % (mark, status) in self.text(),
                 "%s ends with %d: %s" % (command, status,
                                          self.text().rstrip("\n")))

    def start(self, command):
        """The same, without waiting for its end."""
        self.runs += 1
        name = "run%d.sh" % self.runs
        self.work.write(name, "printf '\\033c'; tmux -L screen clear-history\n"
                        "%s\nprintf '[%d ended with %%d]\\n' $?\n"
                        % (command, self.runs))
        self.type(name, "Enter")

    def type(self, *keys):
        """Keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def text(self, *how):
        return self._tmux("capture-pane", "-p", "-S", "-", *how)

    def lines(self, *how):
        """What the program wrote, line by line, as wide as the screen."""
        lines = self.text(*how).split("\n")
        end = [i for i, line in enumerate(lines)
               if SGR.sub("", line).startswith("[%d ended" % self.runs)]
        return lines[:end[0]] if end else lines

    def wrapped(self):
        """How many lines were too long for the screen."""
        return len(self.lines()) - len(self.lines("-J"))

    def coloured(self):
        """The lines with the attributes of their characters, as sequences."""
        return self.lines("-e")

    def attributes(self):
        """All attributes of any character of the output."""
        return {number for line in self.coloured()
                for found in SGR.findall(line)
                for number in re.split("[;:]", found) if number.strip("0")}

    def ask(self, what):
        """One of tmux's formats, such as pane_title."""
        return self._tmux("display-message", "-p", "#{%s}" % what).rstrip("\n")
