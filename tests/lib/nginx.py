"""A real nginx in the foreground, with the files in nginx/, as hosting.py has
the other servers; what is particular to it is tested through harness.Site."""
import signal

import harness
import hosting

BASE = """
daemon off;
%(user)s
worker_processes 2;
pid %(dir)s/logs/nginx.pid;
error_log %(dir)s/logs/error.log warn;
events {
	worker_connections 256;
}
http {
	access_log off;
	client_body_temp_path %(dir)s/logs/t-body;
	fastcgi_temp_path %(dir)s/logs/t-fastcgi;
	proxy_temp_path %(dir)s/logs/t-proxy;
	scgi_temp_path %(dir)s/logs/t-scgi;
	uwsgi_temp_path %(dir)s/logs/t-uwsgi;
	include %(upstream)s;
	server {
		listen 127.0.0.1:%(port)d;
		server_name hooks.example.com;
		root %(dir)s/docroot;
		include %(include)s;
	}
}
"""


class Nginx(hosting.Hosted):
    resident = True
    reload_signal = signal.SIGHUP
    server = None

    def need(self):
        self.server = harness.need_nginx()

    def configure(self):
        changes = [(r"(?<== )/sync\b", self.target)]
        if self.https:
            changes.append((r"\$https if_not_empty", "on"))
        self.work.write("nginx.conf", BASE % {
            "dir": self.work.directory, "port": self.port,
            "upstream": self.work.write("upstream.conf", self.shipped(
                "nginx/syncjournal-upstream.conf",
                [(hosting.SOCKET, self.responder.socket_path)])),
            "include": self.work.write("include.conf", self.shipped(
                "nginx/syncjournal.conf", changes)),
            "user": "user %s %s;" % (
                hosting.USER, hosting.group_of(hosting.USER))
            if hosting.as_root() else ""})
        return [self.server, "-p", self.work.directory,
                "-c", self.work.path("nginx.conf")]
