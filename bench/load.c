/*
 * load -- signed deliveries over kept connections, and an account of every
 * answer.
 *
 *     bench/load --port PORT | --socket PATH --token TOKEN --url URL
 *         [option...]
 *
 * Why not wrk: it sends the same request for ever, or one that a script makes
 * while the clock runs; every delivery here is another one, signed before the
 * clock runs. wrk drops what is under way at its end; here each request that
 * was begun is waited for, so that rows in a journal can be compared with 204s.
 * And a request costs this program a write, a read and its share of a wait.
 *
 * The result is one line of JSON. Latencies are exact, of all answers. Without
 * --rate the loop is closed (a connection waits for its answer before it sends
 * again), so a server that stalls is asked less. With --wait it prints a line
 * "ready" when all connections stand, and begins when it reads a line.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "requests.h"
#include "spent.h"

/* Some 1 KB each in the small mix, 12 KB in the large one. */
#define REQUESTS_MAX 10000000
#define CONNECTIONS_MAX 10000
#define SECONDS_MAX 86400
#define PORT_MAX 65535
#define RATE_MAX 1000000
#define NS_PER_S 1000000000

struct options {
	struct requests_plan requests;
	struct clients_plan clients;
	bool wait;
};

static const char usage[] =
    "usage: load --port PORT | --socket PATH --token TOKEN --url URL "
    "[option...]\n"
    "  --port PORT        of 127.0.0.1: HTTP\n"
    "  --socket PATH      a unix socket: FastCGI\n"
    "  --token TOKEN      signs\n"
    "  --url URL          is signed\n"
    "  --path PATH        is asked for; /sync\n"
    "  --connections N    1\n"
    "  --requests N       at most so many; 100000\n"
    "  --seconds N        for no longer, decimals allowed; 5\n"
    "  --rate N           so many a second and no more, each counted from when\n"
    "                     it was due; as fast as answers come\n"
    "  --mix small|large  bench/mix.h; small\n"
    "  --seed N           of the mix; 1\n"
    "  --skip N           leave out the mix's first deliveries, since an\n"
    "                     earlier run has sent them; 0\n"
    "  --wait             say \"ready\" and wait for a line\n";

static const struct option known[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "socket", required_argument, NULL, 'o' },
	{ "rate", required_argument, NULL, 'r' },
	{ "token", required_argument, NULL, 't' },
	{ "url", required_argument, NULL, 'u' },
	{ "path", required_argument, NULL, 'a' },
	{ "connections", required_argument, NULL, 'c' },
	{ "requests", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 's' },
	{ "mix", required_argument, NULL, 'm' },
	{ "seed", required_argument, NULL, 'e' },
	{ "skip", required_argument, NULL, 'k' },
	{ "wait", no_argument, NULL, 'w' },
	{ NULL, 0, NULL, 0 },
};

/* number -- a text of digits alone, from min to max; false for another. */
static bool
number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
	    *value >= min && *value <= max;
}

static bool
seconds(const char *text, int64_t *ns)
{
	char *end;
	const double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value > 0) ||
	    value > SECONDS_MAX)
		return false;
	*ns = (int64_t)(value * 1e9);
	return true;
}

static bool
take_option(struct options *o, int code, const char *text)
{
	uint64_t value = 0;
	bool ok = true;

	switch (code) {
	case 'p':
		ok = number(text, 1, PORT_MAX, &value);
		o->clients.port = (int)value;
		break;
	case 'c':
		ok = number(text, 1, CONNECTIONS_MAX, &value);
		o->clients.connections = value;
		break;
	case 'n':
		ok = number(text, 1, REQUESTS_MAX, &value);
		o->requests.n = value;
		break;
	case 's':
		ok = seconds(text, &o->clients.for_ns);
		break;
	case 'm':
		ok = mix_size_of(text, &o->requests.size);
		break;
	case 'e':
		ok = number(text, 0, UINT32_MAX, &o->requests.seed);
		break;
	case 'k':
		ok = number(text, 0, UINT32_MAX, &o->requests.skip);
		break;
	case 'r':
		ok = number(text, 1, RATE_MAX, &value);
		o->clients.every_ns = ok ? NS_PER_S / (int64_t)value : 0;
		break;
	case 'o':
		o->clients.socket = text;
		o->requests.fastcgi = true;
		break;
	case 't':
		o->requests.token = text;
		break;
	case 'u':
		o->requests.url = text;
		break;
	case 'a':
		o->requests.path = text;
		break;
	case 'w':
		o->wait = true;
		break;
	default:
		ok = false;
	}
	return ok;
}

static bool
read_options(struct options *o, int argc, char **argv)
{
	int code, at;

	*o = (struct options){
		.requests = { .size = MIX_SMALL, .seed = 1, .n = 100000,
		    .path = "/sync" },
		.clients = { .connections = 1, .for_ns = 5000000000 },
	};
	while ((code = getopt_long(argc, argv, "", known, &at)) != -1) {
		if (take_option(o, code, optarg))
			continue;
		if (code != '?')
			(void)fprintf(stderr, "load: --%s: not so: %s\n",
			    known[at].name, optarg);
		return false;
	}
	return optind == argc &&
	    (o->clients.port != 0) != (o->clients.socket != NULL) &&
	    o->requests.token != NULL && o->requests.url != NULL;
}

static void
wait_for_line(void)
{
	int c;

	(void)puts("ready");
	(void)fflush(stdout);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

/* ------------------------------------------------------------------------
 * The result */

static int
by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a;
	const int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* latency_us -- the smallest that so many of a thousand do not exceed, of a
 * sorted list; 0 of none. */
static double
latency_us(const struct clients_result *result, size_t per_mille)
{
	const size_t rank = (result->n_latency * per_mille + 999) / 1000;

	if (result->n_latency == 0)
		return 0;
	return (double)result->latency_ns[rank == 0 ? 0 : rank - 1] / 1000;
}

static void
print_statuses(const struct clients_result *result)
{
	const char *comma = "";

	(void)fputs("\"status\":{", stdout);
	for (int i = 0; i < RESPONSE_STATUSES; i++) {
		if (result->status[i] == 0)
			continue;
		(void)printf("%s\"%d\":%zu", comma, i, result->status[i]);
		comma = ",";
	}
	(void)fputs("},", stdout);
}

static void
print_result(struct clients_result *result, size_t connections, double cpu)
{
	const double took_s = (double)result->took_ns / 1e9;
	size_t good = 0;

	for (int i = 200; i < 300; i++)
		good += result->status[i];
	if (result->n_latency > 0)
		qsort(result->latency_ns, result->n_latency,
		    sizeof(result->latency_ns[0]), by_size);
	(void)printf("{\"connections\":%zu,\"sent\":%zu,", connections,
	    result->sent);
	print_statuses(result);
	(void)printf("\"broken\":%zu,\"unanswered\":%zu,\"reconnects\":%zu,"
	    "\"refused\":%zu,\"seconds\":%.6f,\"events_per_s\":%.1f,"
	    "\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,"
	    "\"p999\":%.1f,\"max\":%.1f},\"cpu_s\":%.6f}\n", result->broken,
	    result->unanswered, result->reconnects, result->refused, took_s,
	    took_s > 0 ? (double)good / took_s : 0, latency_us(result, 500),
	    latency_us(result, 900), latency_us(result, 990),
	    latency_us(result, 999), latency_us(result, 1000), cpu);
}

/* What was used before the clock ran. */
static double cpu_before_s;

static void
start(void)
{
	cpu_before_s = spent_cpu_s();
}

static void
wait_and_start(void)
{
	wait_for_line();
	start();
}

int
main(int argc, char **argv)
{
	struct options options;
	struct requests requests;
	struct clients_result result;
	struct err err;
	enum rc rc;

	if (!read_options(&options, argc, argv)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	rc = requests_make(&requests, &options.requests, &err);
	if (rc == RC_OK) {
		rc = clients_run(&options.clients, &requests,
		    options.wait ? wait_and_start : start, &result, &err);
		if (rc == RC_OK)
			print_result(&result, options.clients.connections,
			    spent_cpu_s() - cpu_before_s);
		clients_clear(&result);
	}
	requests_clear(&requests);
	if (rc != RC_OK)
		(void)fprintf(stderr, "load: %s\n", err.text);
	return rc == RC_OK ? 0 : 1;
}
