"""One run: a subject behind nginx, bench/load before them, and what it cost.

CPU, memory and bytes written are the subject's alone, all its processes
together, between the first request and the last answer after a warm-up.
Memory is the sum of PSS (a page that several processes share counts once),
looked at every half second; where that may not be read, the sum of VmHWM.
"""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import threading

import servers

TOKEN = "12345678901234567890123456789012"
URL = "https://hooks.example.com/sync"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SAMPLE_S = 0.5

# For every subject alike. On two cores null had the higher rate with two
# workers: at 64 connections 24,200 instead of 23,000 events/s.
NGINX_WORKERS = 2

# Requests are made beforehand: some 600 MB and 1 GB of them at most.
REQUESTS_MAX = {"small": 600000, "large": 80000}
WARM_UP_MAX = {"small": 50000, "large": 10000}


class Nothing:
    """nginx that answers by itself: what the generator can do."""

    def __init__(self, builddir, directory, token, url):
        self.directory = directory

    @classmethod
    def unavailable(cls, builddir):
        return None

    def start(self):
        pass

    def stop(self):
        pass

    def pids(self):
        return []

    def upstream(self):
        return ""

    def nginx_location(self):
        return "return 204;"

    def rows(self):
        return None

    def version(self):
        return "nginx's own 204"


SUBJECTS = {"nginx": Nothing, **servers.SUBJECTS}


# What processes have used


def texts(pids, name):
    """This file of /proc of each process; of those that have ended, none."""
    for pid in pids:
        try:
            with open("/proc/%d/%s" % (pid, name), encoding="ascii",
                      errors="replace") as file:
                yield file.read()
        except (FileNotFoundError, ProcessLookupError):
            pass


def total(pids, file, name):
    """The sum of the numbers after "name:"."""
    return sum(int(line.split()[1]) for text in texts(pids, file)
               for line in text.split("\n") if line.startswith(name + ":"))


def cpu_s(pids):
    """Of the processes and of the children that they have waited for."""
    return sum(int(value) for text in texts(pids, "stat")
               for value in text.rpartition(")")[2].split()[11:15]
               ) / TICKS_PER_S


def written(pids):
    """Bytes that go to storage; None where that may not be read."""
    try:
        return total(pids, "io", "write_bytes")
    except PermissionError:
        return None


def memory(pids):
    """(bytes, by which measure) now."""
    try:
        return total(pids, "smaps_rollup", "Pss") * 1024, "PSS"
    except PermissionError:
        return total(pids, "status", "VmHWM") * 1024, "VmHWM"


class Memory(threading.Thread):
    """The peak, from start() to stop()."""

    def __init__(self, subject):
        super().__init__(daemon=True)
        self.subject = subject
        self.over = threading.Event()
        self.peak, self.by = 0, "PSS"

    def look(self):
        now, self.by = memory(self.subject.pids())
        self.peak = max(self.peak, now)

    def run(self):
        while not self.over.is_set():
            self.look()
            self.over.wait(SAMPLE_S)

    def stop(self):
        self.over.set()
        self.join()
        self.look()


# The generator


class Load:
    """bench/load; on entry its requests are made and its connections stand."""

    def __init__(self, builddir, port, **options):
        self.command = [os.path.join(builddir, "bench", "load"), "--wait",
                        "--port", str(port), "--token", TOKEN, "--url", URL]
        for name, value in options.items():
            self.command += ["--" + name, str(value)]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        if self.process.stdout.readline() != "ready\n":
            self.__exit__()
            raise servers.Failed("bench/load did not start")
        return self

    def run(self):
        said, _ = self.process.communicate("\n")
        if self.process.returncode != 0:
            raise servers.Failed("bench/load failed")
        return json.loads(said)

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def acknowledged(answer):
    return sum(count for status, count in answer["status"].items()
               if status.startswith("2"))


def problems_of(answer):
    """Whatever is not an acknowledgement."""
    found = ["%d answers %s" % (count, status)
             for status, count in answer["status"].items()
             if not status.startswith("2")]
    found += ["%d %s" % (answer[what], what)
              for what in ("broken", "unanswered", "refused") if answer[what]]
    return found


# A run


def timed(subject, nginx, load):
    """(what load says, what it cost)"""
    watch = Memory(subject)
    watch.start()
    before = (cpu_s(subject.pids()), cpu_s(nginx.pids()),
              written(subject.pids()))
    answer = load.run()
    after = (cpu_s(subject.pids()), cpu_s(nginx.pids()),
             written(subject.pids()))
    watch.stop()
    events = max(acknowledged(answer), 1)
    return answer, {
        "cpu_s_per_100k": (after[0] - before[0]) / events * 1e5,
        "nginx_cpu_s_per_100k": (after[1] - before[1]) / events * 1e5,
        "written_per_event": None if before[2] is None else
        (after[2] - before[2]) / events,
        "peak_bytes": watch.peak, "memory_by": watch.by,
        "hwm_bytes": total(subject.pids(), "status", "VmHWM") * 1024,
        "generator_share": answer["cpu_s"] / answer["seconds"],
    }


def under_load(subject, nginx, plan, mix, connections, skip=0):
    """A warm-up, which also says how many requests to make, and the run; after
    the mix's first deliveries, which the journal has."""
    options = {"mix": mix, "connections": connections}
    with Load(plan.build, nginx.port, seconds=plan.warm_up, skip=skip,
              requests=WARM_UP_MAX[mix], **options) as load:
        warm = load.run()
    wanted = int(warm["events_per_s"] * plan.seconds * 1.5) + 1000
    os.sync()  # what came before is not this one's to write
    with Load(plan.build, nginx.port, seconds=plan.seconds,
              skip=skip + warm["sent"],
              requests=min(wanted, REQUESTS_MAX[mix]), **options) as load:
        answer, cost = timed(subject, nginx, load)
    latency = answer["latency_us"]
    return dict(cost, events_per_s=answer["events_per_s"],
                p50_us=latency["p50"], p99_us=latency["p99"],
                p999_us=latency["p999"], max_us=latency["max"],
                seconds=answer["seconds"], sent=warm["sent"] + answer["sent"],
                acknowledged=acknowledged(warm) + acknowledged(answer),
                problems=problems_of(warm) + problems_of(answer))


def audit(subject, result):
    """Rows in the subject's journal are as many as it has acknowledged."""
    result["rows"] = subject.rows()
    if result["rows"] not in (None, result["acknowledged"]):
        result["problems"].append("%d rows for %d acknowledged" % (
            result["rows"], result["acknowledged"]))


@contextlib.contextmanager
def behind_nginx(subject):
    """nginx, with the subject started behind it."""
    nginx = None
    try:
        subject.start()
        nginx = servers.Nginx(subject.directory, subject, NGINX_WORKERS)
        nginx.start()
        yield nginx
    finally:
        if nginx:
            nginx.stop()
        subject.stop()


def measure(plan, name, mix, connections):
    """plan: build, directory, seconds, warm_up"""
    directory = tempfile.mkdtemp(prefix=name + "-", dir=plan.directory)
    subject = SUBJECTS[name](plan.build, directory, TOKEN, URL)
    result = {"subject": name, "mix": mix, "connections": connections}
    try:
        with behind_nginx(subject) as nginx:
            result.update(under_load(subject, nginx, plan, mix, connections))
        audit(subject, result)
    except (servers.Failed, OSError) as why:
        result["problems"] = [str(why)]
    finally:
        shutil.rmtree(directory)
    return result


def raw(plan, directory, batch):
    """SQLite alone, in the same form; its times are those of a commit."""
    n = plan.raw_deliveries
    result = {"subject": "raw-%d" % batch, "mix": "small",
              "connections": None, "rows": None, "problems": []}
    try:
        said = servers.raw(plan.build, directory, n, batch)
    except (subprocess.CalledProcessError, OSError) as why:
        result["problems"] = [str(why)]
        return result
    result.update({name: said[name] for name in (
        "events_per_s", "p50_us", "p99_us", "p999_us")})
    return dict(result, peak_bytes=None,
                cpu_s_per_100k=said["cpu_s"] / n * 1e5,
                written_per_event=said["bytes_written"] / n)
