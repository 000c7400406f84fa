#!/usr/bin/python3
"""Deliveries signed by Twilio's own library through a real lighttpd, with the
configuration that ships: it starts the responder, or finds it at a socket."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import harness  # noqa: E402
import hosting_claims  # noqa: E402
import lighttpd  # noqa: E402
import tap  # noqa: E402

WAYS = (
    ("lighttpd spawning it", lighttpd.Spawn),
    ("lighttpd to a socket", lighttpd.Socket),
)

hosting_claims.test_all(WAYS)


class Trusting(lighttpd.Socket):
    """As docs/lighttpd.md says: one proxy's X-Forwarded-Proto is believed."""

    believed = "127.0.0.1"

    def configure(self):
        page = harness.read(os.path.join(harness.SRCDIR, "docs/lighttpd.md"))
        lines = re.findall(r"^ +(.*extforward.*\))$", page, re.M)
        tap.equal(len(lines), 2, "lines in docs/lighttpd.md")
        command = super().configure()
        with open(command[-1], "a", encoding="utf-8") as file:
            file.write("\n".join(lines).replace("192.0.2.1", self.believed)
                       + "\n")
        return command


class Mistrusting(Trusting):
    believed = "192.0.2.1"


@tap.each(((204, Trusting), (403, Mistrusting)),
          "X-Forwarded-Proto of one proxy alone is believed by "
          "mod_extforward: {}")
def one_proxy(status, hosted):
    with hosted(urls=[]) as site:
        answer = site.deliver(
            hosting_claims.GOOD, url="https://hooks.example.com/sync",
            more=[("X-Forwarded-For", "198.51.100.7"),
                  ("X-Forwarded-Proto", "https")])
        tap.equal(answer.status, status, "status")


if __name__ == "__main__":
    tap.main()
