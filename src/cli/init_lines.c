#include "cli/init_lines.h"

#include <string.h>

/* A slice as printf's "%.*s" takes it. */
#define S(slice) (int)(slice).len, (slice).p

/* What "/healthz" is put after: "/" alone has its own slash. */
static struct slice
healthz_after(struct slice path)
{
	if (path.len > 0 && path.p[path.len - 1] == '/')
		path.len--;
	return path;
}

/* ------------------------------------------------------------------------
 * The responder that stays
 */

static void
print_start(const struct init_wanted *wanted, FILE *file)
{
	if (wanted->is_root)
		(void)fprintf(file,
		    "# The responder: let systemd start it, "
		    "systemd/syncjournal.service says how;\n"
		    "# its user owns the configuration and the journal:\n"
		    "#   chown -R syncjournal: %s %s\n\n", wanted->config,
		    wanted->directory);
	else
		(void)fprintf(file,
		    "# The responder, to be started again whenever it ends "
		    "(by a supervisor); the\n"
		    "# web server's user must reach its socket:\n"
		    "#   %s --config %s \\\n"
		    "#       --socket unix:%s/syncjournal.sock\n\n",
		    wanted->program, wanted->config,
		    wanted->socket_directory);
}

static void
print_nginx(const struct init_wanted *wanted, FILE *file)
{
	print_start(wanted, file);
	(void)fprintf(file,
	    "# nginx: inside http { }\n\n"
	    "upstream syncjournal {\n"
	    "	server unix:%s/syncjournal.sock;\n"
	    "	keepalive 64;\n"
	    "}\n\n"
	    "# nginx: inside the server { } of %.*s\n\n"
	    "location = %.*s {\n"
	    "	fastcgi_pass syncjournal;\n"
	    "	fastcgi_keep_conn on;\n",
	    wanted->socket_directory, S(wanted->host), S(wanted->path));
	(void)fputs(
	    "	fastcgi_param REQUEST_URI       $request_uri;\n"
	    "	fastcgi_param QUERY_STRING      $query_string;\n"
	    "	fastcgi_param REQUEST_SCHEME    $scheme;\n"
	    "	fastcgi_param HTTPS             $https if_not_empty;\n"
	    "	fastcgi_param REQUEST_METHOD    $request_method;\n"
	    "	fastcgi_param CONTENT_TYPE      $content_type;\n"
	    "	fastcgi_param CONTENT_LENGTH    $content_length;\n"
	    "	fastcgi_param REMOTE_ADDR       $remote_addr;\n"
	    "	fastcgi_param DOCUMENT_ROOT     $document_root;\n"
	    "	fastcgi_param SERVER_PROTOCOL   $server_protocol;\n"
	    "	fastcgi_param GATEWAY_INTERFACE CGI/1.1;\n"
	    "	fastcgi_param HTTP_PROXY        \"\";\n"
	    "	fastcgi_next_upstream error non_idempotent;\n"
	    "	fastcgi_next_upstream_timeout 10s;\n"
	    "	fastcgi_connect_timeout 3s;\n"
	    "	fastcgi_send_timeout 5s;\n"
	    "	fastcgi_read_timeout 10s;\n"
	    "	fastcgi_ignore_client_abort on;\n"
	    "	fastcgi_intercept_errors off;\n"
	    "	client_max_body_size 1m;\n"
	    "	client_body_buffer_size 192k;\n"
	    "}\n", file);
}

static void
print_apache(const struct init_wanted *wanted, FILE *file)
{
	const struct slice after = healthz_after(wanted->path);

	print_start(wanted, file);
	(void)fprintf(file,
	    "# Apache: a2enmod proxy_fcgi, and inside the <VirtualHost> of "
	    "%.*s\n\n"
	    "ProxyPass \"%.*s\" "
	    "\"unix:%s/syncjournal.sock|fcgi://syncjournal/\" \\\n"
	    "	connectiontimeout=3 timeout=10 retry=0\n"
	    "ProxyFCGIBackendType GENERIC\n"
	    "<Location \"%.*s\">\n"
	    "	Require all granted\n"
	    "	SetEnv proxy-sendcl 1\n"
	    "</Location>\n"
	    "<Location \"%.*s/healthz\">\n"
	    "	Require local\n"
	    "</Location>\n",
	    S(wanted->host), S(wanted->path), wanted->socket_directory,
	    S(wanted->path), S(after));
}

/* In a regular expression these stand for more than themselves. */
static void
print_pattern(struct slice text, FILE *file)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '.' || text.p[i] == '+')
			(void)fputc('\\', file);
		(void)fputc(text.p[i], file);
	}
}

/* The last component of the path is how the responder is called there. */
static void
print_htaccess(const struct init_wanted *wanted, FILE *file)
{
	const struct slice path = wanted->path;
	const char *const root = wanted->root[0] == '\0' ? "DOCUMENT_ROOT" :
	    wanted->root;
	size_t above = path.len;

	while (above > 0 && path.p[above - 1] != '/')
		above--;
	(void)fprintf(file,
	    "# Copy the responder into the web space (no link: suEXEC refuses "
	    "one):\n"
	    "#   mkdir -p %s%.*s\n"
	    "#   cp %s %s%.*ssyncjournal.fcgi\n"
	    "#   chmod 755 ", root, (int)above, path.p, wanted->program, root,
	    (int)above, path.p);
	/* The web space itself has the mode that the host gave it. */
	if (above > 1)
		(void)fprintf(file, "%s%.*s ", root, (int)above, path.p);
	(void)fprintf(file,
	    "%s%.*ssyncjournal.fcgi\n\n"
	    "# Add to %s%.*s.htaccess\n\n"
	    "Options +ExecCGI\n"
	    "<Files \"syncjournal.fcgi\">\n"
	    "	SetHandler cgi-script\n"
	    "</Files>\n"
	    "# Where suEXEC takes it out, the home of the program's owner is "
	    "looked into.\n"
	    "SetEnv SYNCJOURNAL_CONFIG %s\n",
	    root, (int)above, path.p, root, (int)above, path.p,
	    wanted->config);
	if (path.len - above == strlen("syncjournal.fcgi") &&
	    memcmp(path.p + above, "syncjournal.fcgi", path.len - above) == 0)
		return;
	(void)fputs("RewriteEngine On\nRewriteRule ^", file);
	print_pattern((struct slice){ path.p + above, path.len - above },
	    file);
	(void)fputs("$ syncjournal.fcgi [END]\n", file);
}

static void
print_lighttpd(const struct init_wanted *wanted, FILE *file)
{
	const struct slice after = healthz_after(wanted->path);

	print_start(wanted, file);
	(void)fputs("# lighttpd: lighttpd.conf\n\n"
	    "server.modules += ( \"mod_access\", \"mod_fastcgi\" )\n"
	    "$HTTP[\"url\"] =~ \"^", file);
	print_pattern(wanted->path, file);
	(void)fprintf(file,
	    "(%s)?$\" {\n"
	    "	fastcgi.server = ( \"%.*s\" => ( \"syncjournal\" => (\n"
	    "		\"socket\" => \"%s/syncjournal.sock\",\n"
	    "		\"check-local\" => \"disable\",\n"
	    "		\"disable-time\" => 0,\n"
	    "		\"connect-timeout\" => 3,\n"
	    "		\"write-timeout\" => 5,\n"
	    "		\"read-timeout\" => 10\n"
	    "	)))\n"
	    "	server.max-request-size = 1024\n"
	    "}\n"
	    "$HTTP[\"url\"] == \"%.*s/healthz\" {\n"
	    "	$HTTP[\"remoteip\"] !~ \"^(127\\.0\\.0\\.1|::1)$\" {\n"
	    "		url.access-deny = ( \"\" )\n"
	    "	}\n"
	    "}\n",
	    after.len < wanted->path.len ? "healthz" : "/healthz",
	    S(wanted->path), wanted->socket_directory, S(after));
}

void
init_lines_server(const struct init_wanted *wanted, FILE *file)
{
	switch (wanted->server) {
	case INIT_NGINX:
		print_nginx(wanted, file);
		break;
	case INIT_APACHE:
		print_apache(wanted, file);
		break;
	case INIT_HTACCESS:
		print_htaccess(wanted, file);
		break;
	case INIT_LIGHTTPD:
		print_lighttpd(wanted, file);
		break;
	case N_INIT_SERVERS:
		break;
	}
}

/* ------------------------------------------------------------------------ */

/* For sh, between single quotes. */
static void
print_quoted(struct slice text, FILE *file)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '\'')
			(void)fputs("'\\''", file);
		else
			(void)fputc(text.p[i], file);
	}
}

void
init_lines_twilio(const struct init_wanted *wanted, FILE *file)
{
	const char *const url = wanted->url;
	const char *const account = strcmp(wanted->account, "*") == 0 ?
	    "$TWILIO_ACCOUNT_SID" : wanted->account;
	const char *const rest = wanted->userinfo.p + wanted->userinfo.len;

	(void)fprintf(file,
	    "# Twilio: the services of the account, then, for each, where its "
	    "webhooks go.\n"
	    "# The token comes from the variable TWILIO_AUTH_TOKEN and goes to "
	    "curl by a pipe.\n\n"
	    "printf 'user = \"%%s:%%s\"\\n' \"%s\" \"$TWILIO_AUTH_TOKEN\" |\n"
	    "    curl --config - https://sync.twilio.com/v1/Services\n\n"
	    "printf 'user = \"%%s:%%s\"\\n' \"%s\" \"$TWILIO_AUTH_TOKEN\" |\n"
	    "    curl --config - "
	    "https://sync.twilio.com/v1/Services/$SERVICE_SID \\\n"
	    "    --data-urlencode 'WebhookUrl=", account, account);
	print_quoted((struct slice){ url, (size_t)(wanted->userinfo.p - url) },
	    file);
	print_quoted(slice_of(rest), file);
	(void)fputs("#rc=5&rp=5xx,ct,rt' \\\n"
	    "    --data WebhooksFromRestEnabled=true \\\n"
	    "    --data ReachabilityWebhooksEnabled=true\n", file);
	if (wanted->userinfo.len > 0)
		(void)fputs("\n# user:password of the URL is left out here: "
		    "put it in before the host.\n", file);
}
