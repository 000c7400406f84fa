"""A real Apache in the foreground, with nothing of the system's configuration
but its modules, and one of the files in apache/."""
import os
import re
import shutil
import subprocess

import harness
import hosting
import tap

MODULES = "/usr/lib/apache2/modules"

# As on Debian: nothing of the file system is for the public, but the document
# root. Room for processes that a graceful restart lets finish.
BASE = """
ServerRoot %(dir)s
ServerName hooks.example.com
Listen 127.0.0.1:%(port)d
PidFile %(dir)s/logs/apache.pid
DefaultRuntimeDir %(dir)s/logs
ErrorLog %(dir)s/logs/error.log
LogLevel warn
%(user)s
%(modules)s
StartServers 1
ServerLimit 8
ThreadsPerChild 8
MaxRequestWorkers 64
<Directory "/">
	AllowOverride None
	Require all denied
</Directory>
<FilesMatch "^\.ht">
	Require all denied
</FilesMatch>
<Directory "%(docroot)s">
	AllowOverride Options FileInfo
	Require all granted
</Directory>
%(more)s
<VirtualHost 127.0.0.1:%(port)d>
	ServerName hooks.example.com
	DocumentRoot "%(docroot)s"
	Include "%(include)s"
</VirtualHost>
"""


class Apache(hosting.Hosted):
    """What the ways of starting the responder have in common."""

    modules = ("mpm_event", "authz_core", "authz_host", "alias", "env")
    package = "apache2"
    more = ""  # outside of the virtual host
    server = None

    def need(self):
        self.server = hosting.need_program("apache2", "apache2")
        for name in self.modules:
            if not os.path.exists("%s/mod_%s.so" % (MODULES, name)):
                raise tap.Skip("mod_%s is not installed (package %s)" % (
                    name, self.package))

    def include(self):
        """The file that ships, as installed here."""
        raise NotImplementedError

    def docroot(self):
        return self.work.path("docroot")

    def configure(self):
        values = {
            "dir": self.work.directory, "port": self.port,
            "docroot": self.docroot()}
        self.work.write("apache.conf", BASE % dict(
            values, more=self.more % values,
            include=self.work.write("include.conf", self.include()),
            modules="\n".join("LoadModule %s_module %s/mod_%s.so" % (
                name, MODULES, name) for name in self.modules),
            user="User %s\nGroup %s" % (
                hosting.USER, hosting.group_of(hosting.USER))
            if hosting.as_root() else ""))
        return [self.server, "-f", self.work.path("apache.conf"),
                "-DFOREGROUND"]

    def changes(self):
        """What all files have that an installation may change."""
        found = [(r'(?<=")/sync(?=["/])', self.target)]
        if self.https:
            found.append(("#SetEnv HTTPS on", "SetEnv HTTPS on"))
        return found


class Fcgid(Apache):
    """mod_fcgid: Apache starts and ends responders, each for one request at a
    time."""

    modules = Apache.modules + ("fcgid",)
    package = "libapache2-mod-fcgid"
    beyond = 500
    # A request that was with a process that Apache ends may never be answered.
    reload_is_clean = False
    more = """
FcgidIPCDir %(dir)s/logs
FcgidProcessTableFile %(dir)s/logs/fcgid.shm
"""

    def include(self):
        return self.shipped("apache/syncjournal-fcgid.conf", self.changes() + [
            (hosting.INSTALLED, self.work.path("home/" + hosting.PROGRAM)),
            (hosting.CONFIG, self.config)])


class Proxy(Apache):
    """mod_proxy_fcgi: a responder that stays, behind a unix socket."""

    modules = Apache.modules + ("proxy", "proxy_fcgi")
    resident = True
    refuses_itself = False

    def include(self):
        return self.shipped("apache/syncjournal-proxy.conf", self.changes() + [
            (hosting.SOCKET, self.responder.socket_path)])


class Cgi(Apache):
    """Plain CGI in the document root by .htaccess, as on shared hosting."""

    modules = Apache.modules + ("cgid",)
    target = "/hooks/syncjournal.fcgi"
    prefixed = "/hooks/v1/syncjournal.fcgi"
    chunked = 411
    # mod_cgid's daemon is started anew, and what it had in hand is lost.
    reload_is_clean = False
    refuses_itself = False
    more = """
ScriptSock %(dir)s/logs/cgid.sock
"""

    def program(self):
        return self.docroot() + self.target

    def place(self):
        super().place()
        directory = os.path.dirname(self.program())
        os.makedirs(directory)
        shutil.move(self.work.path("home/" + hosting.PROGRAM), directory)
        changes = [("#SetEnv SYNCJOURNAL_CONFIG .*",
                    "SetEnv SYNCJOURNAL_CONFIG " + self.config)]
        if self.https:
            changes.append(("#SetEnv HTTPS on", "SetEnv HTTPS on"))
        harness.write(os.path.join(directory, ".htaccess"),
                      self.shipped("apache/htaccess", changes))

    def include(self):
        return ""


# A name space of its own gives this Apache another /var/www, the only place
# from which suEXEC starts anything, another log of suEXEC's, and one user more.
OWN_SYSTEM = """
mount --bind "$1/www" /var/www &&
mount --bind "$1/logs" /var/log/apache2 &&
mount --bind "$1/passwd" /etc/passwd &&
mount --bind "$1/group" /etc/group &&
shift && exec "$@"
"""
UNSHARE = ["unshare", "--mount", "--propagation", "private"]
HOME = "/var/www/hooks"
UID = 20011  # not below suEXEC's minimum, and nobody's


class Suexec(Cgi):
    """CGI under suEXEC, as the user "hooks" of a web host."""

    modules = Cgi.modules + ("suexec",)
    package = "apache2-bin"
    target = "/sync"
    prefixed = Apache.prefixed
    refuses_itself = True

    def need(self):
        super().need()
        if not hosting.as_root():
            raise tap.Skip("suEXEC is only for an Apache that root starts")
        suexec = "/usr/lib/apache2/suexec"
        if not os.path.exists(suexec):
            raise tap.Skip("suEXEC is not installed (package "
                           "apache2-suexec-pristine)")
        place = subprocess.run([suexec, "-V"], stderr=subprocess.PIPE,
                               text=True, check=False).stderr
        if not re.search(r'AP_DOC_ROOT="/var/www"', place):
            raise tap.Skip("suEXEC's document root is not /var/www")
        made = subprocess.run(
            UNSHARE + ["mount", "--bind", "/", "/mnt"],
            stderr=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            raise tap.Skip("root may not mount here: no /var/www of its own")

    def place(self):
        for name in ("logs", "www", "www/hooks", "www/hooks/cgi-bin",
                     "www/hooks/public_html", "www/hooks/syncjournal"):
            os.mkdir(self.work.path(name))
            os.chmod(self.work.path(name), 0o755)  # whatever our umask is
        shutil.copy(harness.RESPONDER, self.work.path("www/hooks/cgi-bin"))
        own = self.work.path("www/hooks/syncjournal")
        self.config = own + "/syncjournal.conf"
        self.journal = harness.Journal(own + "/journal.db")
        harness.write(self.config, harness.configuration(
            HOME + "/syncjournal/journal.db", urls=self.urls))
        os.chmod(own, 0o700)
        self._add_user()

    def _add_user(self):
        for name, line in (
                ("passwd", "hooks:x:%d:%d::%s:/bin/sh" % (UID, UID, HOME)),
                ("group", "hooks:x:%d:" % UID)):
            text = harness.read("/etc/" + name)
            self.work.write(name, "%s\n%s\n" % (text.rstrip("\n"), line),
                            0o644)

    def give(self, directory, user=hosting.USER, group=None):
        super().give(directory, user, group)
        super().give(self.work.path("www/hooks"), UID, UID)

    def docroot(self):
        return HOME + "/public_html"

    def include(self):
        return self.shipped("apache/syncjournal-suexec.conf", self.changes())

    def configure(self):
        return UNSHARE + ["sh", "-c", OWN_SYSTEM, "sh",
                          self.work.directory] + super().configure()
