#!/usr/bin/python3
"""Deliveries signed by Twilio's own library through a real Apache, with the
configuration that ships, in each of the ways that it can run the responder."""
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import apache  # noqa: E402
import harness  # noqa: E402
import hosting_claims  # noqa: E402
import tap  # noqa: E402

WAYS = (
    ("mod_fcgid", apache.Fcgid),
    ("mod_proxy_fcgi", apache.Proxy),
    ("CGI by .htaccess", apache.Cgi),
    ("CGI under suEXEC", apache.Suexec),
)

GOOD = hosting_claims.GOOD

hosting_claims.test_all(WAYS)


class Trusting(apache.Proxy):
    """As docs/apache.md says: one proxy's X-Forwarded-Proto is believed."""

    modules = apache.Proxy.modules + ("setenvif",)
    believed = "127.0.0.1"

    def include(self):
        page = harness.read(os.path.join(harness.SRCDIR, "docs/apache.md"))
        line = re.search(r"^ +(SetEnvIfExpr .*)$", page, re.M).group(1)
        return '%s\n<Location "%s">\n%s\n</Location>\n' % (
            super().include(), self.target,
            line.replace("192.0.2.1", self.believed))


class Mistrusting(Trusting):
    believed = "192.0.2.1"


@tap.each(((204, Trusting), (403, Mistrusting)),
          "X-Forwarded-Proto of one proxy alone is believed by SetEnvIfExpr: "
          "{}")
def one_proxy(status, hosted):
    with hosted(urls=[]) as site:
        answer = site.deliver(GOOD, url="https://hooks.example.com/sync",
                              more=[("X-Forwarded-Proto", "https")])
        tap.equal(answer.status, status, "status")


@tap.test("a configuration below the document root is neither used nor shown")
def exposed():
    with apache.Cgi() as site:
        directory = os.path.dirname(site.program())
        copy = shutil.copy(site.config, directory)
        site.give(directory)
        name = os.path.join(directory, ".htaccess")
        right = harness.read(name)
        harness.write(name, right.replace(site.config, copy), 0o644)
        tap.equal(site.deliver(GOOD).status, 503, "status")
        tap.true("DOCUMENT_ROOT" in site.log(), "the log names it")
        for secret in ("syncjournal.conf", "journal.db", ".htaccess"):
            answer = site.request("GET", os.path.dirname(site.target) + "/"
                                  + secret)
            tap.true(answer.status in (403, 404) and b"auth" not in
                     answer.body, "%s: %r" % (secret, answer))
        harness.write(name, right, 0o644)
        site.accepted(GOOD)


# What is missing in .htaccess or wrong with the program, and what the health
# check is answered then (docs/shared-hosting.md).
MISTAKES = (
    ("Options +ExecCGI is missing",
     lambda text: text.replace("Options +ExecCGI", ""), 0o755, 403),
    ("a directive that the host forbids",
     lambda text: text + "\nRequire all granted\n", 0o755, 500),
    ("no x for the program", lambda text: text, 0o644, 500),
)


@tap.each(MISTAKES, "CGI by .htaccess: {0} is answered {3}")
def mistakes(_, change, mode, status):
    with apache.Cgi() as site:
        name = os.path.dirname(site.program()) + "/.htaccess"
        right = harness.read(name)
        harness.write(name, change(right), 0o644)
        os.chmod(site.program(), mode)
        tap.equal(site.request("GET", site.target + "/healthz").status,
                  status, "status of the health check")
        tap.true(site.deliver(GOOD).status in (status, 500), "a delivery's")
        harness.write(name, right, 0o644)
        os.chmod(site.program(), 0o755)
        site.accepted(GOOD)


# What is done to a path, what undoes it, and what suEXEC says of it.
RULES = (
    ("cgi-bin", lambda p: os.chmod(p, 0o775), lambda p: os.chmod(p, 0o755),
     "directory is writable by others"),
    ("cgi-bin/syncjournal.fcgi", lambda p: os.chmod(p, 0o775),
     lambda p: os.chmod(p, 0o755), "file is writable by others"),
    ("cgi-bin/syncjournal.fcgi", lambda p: os.chown(p, 0, 0),
     lambda p: os.chown(p, apache.UID, apache.UID), "target uid/gid"),
    ("cgi-bin", lambda p: os.chown(p, -1, 0),
     lambda p: os.chown(p, -1, apache.UID), "target uid/gid"),
)


@tap.test("what suEXEC's rules forbid is answered 500, and its log says why")
def rules():
    with apache.Suexec() as site:
        for name, breaks, mends, said in RULES:
            path = site.work.path("www/hooks/" + name)
            before = site.log().count(said)
            breaks(path)
            tap.equal(site.deliver(GOOD).status, 500, "status: " + said)
            tap.true(site.log().count(said) > before, "the log: " + said)
            mends(path)
        site.accepted(GOOD)
        owners = {os.stat(site.work.path("www/hooks/syncjournal/" + name))
                  .st_uid for name in os.listdir(os.path.dirname(site.config))}
        tap.equal(owners, {apache.UID}, "whose the journal is")


if __name__ == "__main__":
    tap.main()
