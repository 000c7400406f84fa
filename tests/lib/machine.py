"""A machine with a journal on a disk of its own, what writes to it, and load
on that; its power can be lost."""
import os
import socket
import time

import cut
import disk
import harness
import load_acked
import tap
import torture
import web

# How many processes, and whether they share one socket, as behind a
# supervisor, or have one each, as mod_fcgid starts them; a CGI process is
# there for one delivery.
KINDS = {"one": (1, False), "four": (4, False), "shared": (4, True),
         "cgi": (0, False)}
CHANNELS = {"one": 8, "four": 12, "shared": 12, "cgi": 4}

# After a cut the journal is whole again in some milliseconds; this is for a
# test machine that has other things to do.
START_S = 30
IDLE_AFTER_S = 0.2
# So few that their WAL is not yet copied to the journal, and synced for that,
# as soon as nothing comes (JOURNAL_WAL_PAGES in src/journal/journal.h).
IDLE_AFTER = 60


class Writer(harness.Responder):
    """A responder whose socket is made before it, perhaps for several."""

    def __init__(self, work, config, number, listener, environment):
        super().__init__(work, config, "socket", environment)
        self.start_by = "fd0"
        self.listener = listener
        self.socket_path = listener.getsockname()
        self.log_path = work.path("responder%d.log" % number)


class Machine:
    """rng    decides everything
    mode   of a journal that is made
    kind   one of KINDS
    large  the share of large deliveries
    environment  of the writers
    how    of disk.Disk
    """

    def __init__(self, rng, mode, kind, large=0.02, environment=None, **how):
        harness.need_twilio()
        harness.need_responder()
        disk.alone()
        self.kind = kind
        self.environment = environment or {}
        self.work = torture.Work()
        self.work.before = disk.ends_with_us()
        self.disk = disk.Disk(self.work, **how)
        self.journal = harness.Journal(
            os.path.join(self.disk.place, "journal.db"))
        self.config = self.work.write(
            "syncjournal.conf", harness.configuration(
                self.journal.path, journal_keys="mode = " + mode))
        self.load = load_acked.Load(load_acked.Story(rng, large),
                                    self.work.path("acknowledged"))
        self.writers = []
        self.others = []  # processes that end with the power
        self.recovered_s = 0.0  # from the start to the first answer
        self.was_writing = False  # the last cut left half a transaction

    def __enter__(self):
        try:
            self.disk.make()
            self._install()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        self.off()
        failed = kind is not None and issubclass(kind, Exception)
        for writer in self.writers:
            writer.close()
            if failed and kind is not tap.Skip:
                tap.note("%s: %s" % (writer.log_path, writer.log()[-1500:]))
        self.disk.close()
        self.work.__exit__(kind, value, trace)

    def _install(self):
        count, shared = KINDS[self.kind]
        listener = None
        for number in range(count):
            if listener is None or not shared:
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(self.work.path("socket%d" % number))
                listener.listen(64)
            self.writers.append(Writer(self.work, self.config, number,
                                       listener, self.environment))

    def channels(self):
        count = CHANNELS[self.kind]
        if not self.writers:
            return [self._cgi() for _ in range(count)]
        return [load_acked.FastCgi(
            self.writers[i % len(self.writers)].socket_path)
            for i in range(count)]

    def _cgi(self):
        return load_acked.Cgi(self.config, self.work.before,
                              **self.environment)

    def on(self):
        """Start what stays; until it answers that it would take a delivery.
        Nobody but itself mends what the cut has left."""
        begun = time.monotonic()
        self.start()
        if not self.writers:
            answer = self._cgi().ask(web.cgi_environment(
                "GET", "/sync/healthz", [], None))
            tap.equal(answer.status, 200, "the health check")
        for writer in self.writers:
            tap.until(writer.answers, "the health check", START_S)
        self.recovered_s = time.monotonic() - begun

    def start(self):
        """The same without a wait."""
        for writer in self.writers:
            writer.start(wait=False)

    def off(self):
        for writer in self.writers:
            writer.kill()
        for process in self.others:
            process.kill()
            process.wait()
        del self.others[:]

    def stop(self):
        for writer in self.writers:
            writer.stop()

    def lose_power(self, when, meanwhile=lambda: None, **moment):
        """Load, then a cut at the moment (cut.Cutter), and all is as after
        the next boot, before anything of ours is started. When it is "idle",
        the latest have just been answered. meanwhile() is called just
        before."""
        idle = when == "idle"
        cutter = cut.Cutter(self.disk.place, self.journal.path,
                            "time" if idle else when, **moment)
        try:
            meanwhile()
            if idle:
                self.load.run(self.channels(), IDLE_AFTER_S, most=IDLE_AFTER)
            cutter.go()
            report = self.load.run([] if idle else self.channels(), 60,
                                   cutter.report)
            report = report or cutter.report(60)
        finally:
            cutter.close()
        with open(self.load.account, "a", encoding="ascii") as account:
            account.write("%.6f cut\n" % report["at"])
        self.load.forget(report["at"])
        self.off()
        self.disk.unmount()
        self.disk.mount()
        path = self.journal.path + "-journal"
        self.was_writing = False
        if os.path.exists(path):
            with open(path, "rb") as file:
                self.was_writing = file.read(1) not in (b"", b"\0")
        return report
