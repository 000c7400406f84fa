"""A real lighttpd in the foreground, with one of the files in lighttpd/."""
import os

import hosting

BASE = """
server.bind = "127.0.0.1"
server.port = %(port)d
server.document-root = "%(dir)s/docroot"
server.errorlog = "%(dir)s/logs/error.log"
server.pid-file = "%(dir)s/logs/lighttpd.pid"
server.upload-dirs = ( "%(dir)s/logs" )
server.feature-flags += ( "server.graceful-shutdown-timeout" => 5 )
%(user)s
include "%(include)s"
"""


class Lighttpd(hosting.Hosted):
    """What the two ways have in common."""

    file = None  # that ships
    server = None
    exits = (0, 1)  # 1 where a connection was not closed yet

    def need(self):
        self.server = hosting.need_program("lighttpd", "lighttpd")

    def changes(self):
        raise NotImplementedError

    def configure(self):
        changes = [(r'(?<=["^])/sync(?=["/(])', self.target)]
        if self.https:
            changes.append((r"#(?=setenv\.add-environment)", ""))
        # Readable for whom it has become when it is told to read it again.
        include = self.work.write("include.conf", self.shipped(
            os.path.join("lighttpd", self.file), changes + self.changes()),
            0o644)
        self.work.write("lighttpd.conf", BASE % {
            "dir": self.work.directory, "port": self.port,
            "include": include,
            "user": 'server.username = "%s"\nserver.groupname = "%s"' % (
                hosting.USER, hosting.group_of(hosting.USER))
            if hosting.as_root() else ""}, 0o644)
        return [self.server, "-D", "-f", self.work.path("lighttpd.conf")]


class Spawn(Lighttpd):
    """lighttpd starts the responder, and again when it has ended."""

    file = "syncjournal-spawn.conf"

    def changes(self):
        return [
            (hosting.INSTALLED, self.work.path("home/" + hosting.PROGRAM)),
            (hosting.CONFIG, self.config),
            ("/run/lighttpd/syncjournal.sock", self.work.path("fcgi.sock"))]


class Socket(Lighttpd):
    """A responder that stays, behind a unix socket."""

    file = "syncjournal-socket.conf"
    resident = True

    def changes(self):
        return [(hosting.SOCKET, self.responder.socket_path)]
