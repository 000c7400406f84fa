"""A file system of a test's own, in an image file, that can lose its power.

    with harness.Work() as work, disk.Disk(work) as one:
        ... files under one.place ...
        disk.shut_down(one.place)  # what was not synced is gone
        one.unmount()              # who has files open must have ended
        one.mount()                # its own journal is replayed

Its mounts are in a mount namespace of the test's process: they, and the loop
devices under them, end with the test and with what it has started, however it
ends. Where there is no root, no loop device or no such ioctl it is a Skip.
"""
import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import time

import tap

# From the kernel's headers: sched.h, mount.h; ext4.h, and the same of XFS
# (XFS_IOC_GOINGDOWN): _IOR('X', 125, __u32)
CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18
IOC_SHUTDOWN = 0x8004587d
NOLOGFLUSH = 2  # not even what the file system's journal has is written

PATIENCE_S = 20  # others may have all loop devices, or a file open for long

# Megabytes below which mkfs refuses
SMALLEST = {"ext4": 8, "xfs": 300}

_libc = ctypes.CDLL(None, use_errno=True)
_private = False


def alone():
    """Mounts of this process are its own from here on; a Skip where that
    cannot be."""
    global _private
    if _private:
        return
    if os.geteuid() != 0:
        raise tap.Skip("only root may mount")
    if _libc.unshare(CLONE_NEWNS) != 0 or _libc.mount(
            b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        raise tap.Skip("no mount namespace: "
                       + os.strerror(ctypes.get_errno()))
    _private = True


def ends_with_us():
    """What goes before a command so that it ends when the test is killed: it
    would keep the mount."""
    if shutil.which("setpriv") is None:
        return []
    return ["setpriv", "--pdeathsig", "KILL"]


def shut_down(directory):
    """The file system of this directory loses its power, now: nothing that
    is not on the disk gets there."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(descriptor, IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
    finally:
        os.close(descriptor)


def sync(directory):
    """All of its file system, and no other's: tests beside this one count on
    what is not synced."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _libc.syncfs(descriptor)
    finally:
        os.close(descriptor)


def _find(program):
    found = shutil.which(program, path=os.environ.get("PATH", "")
                         + ":/sbin:/usr/sbin")
    if found is None:
        raise tap.Skip(program + " is not installed")
    return found


def _run(*command):
    """(whether it succeeded, what it said)"""
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=120,
                          check=False)
    return done.returncode == 0, done.stdout.strip()


class Disk:
    """work       where the image and the mount point are
    system     "ext4" or "xfs"
    megabytes  of the image, which is sparse
    block      size of a block, bytes
    options    of mount, such as "data=writeback"
    """

    def __init__(self, work, system="ext4", megabytes=64, block=4096,
                 options=""):
        alone()
        self.image = work.path("image")
        self.place = work.path("disk")
        self.system = system
        self.megabytes = max(megabytes, SMALLEST[system])
        self.block = block
        self.options = ",".join(filter(None, ("loop", options)))
        self.mounted = False

    def make(self):
        """A new file system in the image; mounted."""
        program = _find("mkfs." + self.system)
        with open(self.image, "wb") as image:
            image.truncate(self.megabytes << 20)
        os.makedirs(self.place, exist_ok=True)
        size = ["-f", "-b", "size=%d" % self.block] if self.system == "xfs" \
            else ["-F", "-b", "%d" % self.block]
        good, said = _run(program, "-q", *size, self.image)
        if not good:
            raise tap.Failed("mkfs.%s: %s" % (self.system, said))
        try:
            self.mount()
        except tap.Failed as why:
            raise tap.Skip("nothing can be loop-mounted: %s" % why) from why
        return self

    def mount(self):
        """Replays the file system's journal where it was cut."""
        self._try("mount", _find("mount"), "-t", self.system, "-o",
                  self.options, self.image, self.place)
        self.mounted = True

    def unmount(self):
        if not self.mounted:
            return
        self._try("umount", _find("umount"), self.place)
        self.mounted = False

    def _try(self, what, *command):
        """Loop devices may all be in use, and files be open, for a while."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            good, said = _run(*command)
            if good:
                return
            if time.monotonic() > deadline or not (
                    "busy" in said or "loop device" in said):
                raise tap.Failed("%s: %s" % (what, said))
            time.sleep(0.05)

    def close(self):
        """Whatever happened: unmounted, and the image gone with its loop
        device."""
        if not self.mounted:
            return
        try:
            self.unmount()
        except tap.Failed as why:
            tap.note(why)
            _run(_find("umount"), "-l", self.place)
            self.mounted = False

    def __enter__(self):
        try:
            return self.make()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()
