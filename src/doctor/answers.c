#include "doctor/answers.h"

#include <string.h>

static bool
says(const struct curl_answer *answer, const char *text)
{
	return memmem(answer->body.p, answer->body.len, text,
	    strlen(text)) != NULL;
}

bool
answers_is_ours(const struct curl_answer *answer)
{
	/* Reasons of src/responder/refusal.c, that are never renamed. */
	static const char *const lines[] = {
		"signature_", "account_unknown: ", "body_too_large: ",
		"body_torn: ", "length_missing: ",
		"content_type_unsupported: ", "body_sha256_",
		"the journal cannot be written now",
	};
	size_t i, len;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		len = strlen(lines[i]);
		if (answer->body.len >= len &&
		    memcmp(answer->body.p, lines[i], len) == 0)
			return true;
	}
	return false;
}

/* No answer: by curl's exit status (curl(1)). */
static struct explanation
explain_code(int code)
{
	switch (code) {
	case 3:
		return (struct explanation){ "it is no URL that can be "
		    "called", "Correct public_url, and the URL at Twilio." };
	case 6:
		return (struct explanation){ "the host's name is not known",
		    "Correct the name in public_url, or enter it into the "
		    "DNS." };
	case 7:
		return (struct explanation){ "no connection can be made",
		    "Start the web server, and let the firewall pass its "
		    "port." };
	case 28:
		return (struct explanation){ "no answer in 15 s: Twilio would "
		    "have given up", "See whether the responder runs and the "
		    "journal's disk is slow, or whether a firewall drops the "
		    "packets." };
	case 35: case 53: case 54: case 58: case 59: case 64: case 66:
	case 77: case 80: case 83: case 91:
		return (struct explanation){ "TLS cannot be begun", "See that "
		    "the web server does https on this port, with TLS 1.2 or "
		    "later." };
	case 51: case 60:
		return (struct explanation){ "the certificate cannot be "
		    "verified, and Twilio verifies it", "Renew it, let it "
		    "name this host, and send the intermediate certificates "
		    "with it." };
	case 52: case 56:
		return (struct explanation){ "the connection was closed "
		    "without an answer", "Look into the web server's error "
		    "log: a program that ends at once, a firewall, or a limit "
		    "of a body's size." };
	default:
		return (struct explanation){ "no answer", "See what curl(1) "
		    "says, and whether the URL is right." };
	}
}

static const struct explanation waf = {
	"a web application firewall took it for an attack; the event would be "
	    "lost, for Twilio does not send again what was answered 4xx",
	"Let the firewall (ModSecurity, the host's, a CDN's) leave out this "
	    "path, such as by SecRuleEngine Off or the panel's switch." };

/* Our own refusals. */
static struct explanation
explain_ours(const struct curl_answer *answer)
{
	if (says(answer, "account_unknown"))
		return (struct explanation){ "the responder has no token for "
		    "this account: it runs with another configuration",
		    "Start the responder with this configuration." };
	if (says(answer, "signature_wrong"))
		return (struct explanation){ "the responder refuses the "
		    "signature: it takes the URL for another one, or has "
		    "another token", "Set public_url to the URL as it is at "
		    "Twilio, to the letter; syncjournal reject explain names "
		    "the cause." };
	if (says(answer, "body_too_large"))
		return (struct explanation){ "the responder's limit is too "
		    "small for what Twilio sends", "Raise max_body_bytes to "
		    "131072." };
	if (answer->status == 503)
		return (struct explanation){ "the responder cannot write to "
		    "its journal", "See its log, and what is said of the "
		    "directory and the journal above." };
	return (struct explanation){ "the responder refuses it, for the web "
	    "server does not hand the request on as it is", "Use the "
	    "configuration of the web server that is shipped." };
}

static struct explanation
explain_limit(void)
{
	return (struct explanation){ "the web server's limit is too small: "
	    "16 KiB of data are 49 KB when they are encoded", "Raise "
	    "client_max_body_size (nginx), LimitRequestBody or "
	    "FcgidMaxRequestLen (Apache), server.max-request-size (lighttpd) "
	    "to 1 MB." };
}

static struct explanation
explain_status(int status)
{
	switch (status) {
	case 301: case 302: case 303: case 307: case 308:
		return (struct explanation){ "it is sent elsewhere, where its "
		    "signature does not fit", "Give Twilio and public_url the "
		    "URL that it leads to, or take this path out of the "
		    "redirect." };
	case 401:
		return (struct explanation){ "the web server asks for a "
		    "password", "Take the path out of it: the signature is "
		    "what lets a delivery in." };
	case 403:
		return (struct explanation){ "the web server refuses it, not "
		    "the responder", "Look into its error log: permissions of "
		    "the program, a missing +ExecCGI, an allow list, or a web "
		    "application firewall." };
	case 404: case 410:
		return (struct explanation){ "there is nothing at this URL",
		    "Let the web server hand this very path to the "
		    "responder, or correct public_url and the URL at "
		    "Twilio." };
	case 405:
		return (struct explanation){ "something that takes no POST is "
		    "at this URL", "Let the web server hand this path to the "
		    "responder." };
	case 406: case 418: case 501:
		return waf;
	case 413:
		return explain_limit();
	case 429:
		return (struct explanation){ "the web server limits how often "
		    "it may be called, and Twilio does not understand 429",
		    "Take the path out of that limit." };
	case 500:
		return (struct explanation){ "the web server cannot run the "
		    "program", "See its error log, and suexec.log: modes and "
		    "owners of the program and its directory, a program for "
		    "another system, or a broken .htaccess." };
	case 502:
		return (struct explanation){ "the responder does not run",
		    "Start it, and see that the web server has its socket's "
		    "path and may open it." };
	case 503:
		return (struct explanation){ "the responder does not run, or "
		    "the host's limit of processes is reached", "Start it, or "
		    "ask the host for more processes." };
	case 504:
		return (struct explanation){ "the responder does not answer in "
		    "time", "See its log, and whether the journal's disk is "
		    "slow." };
	default:
		return (struct explanation){ "that is no answer of the "
		    "responder", "Let the web server hand this path to it." };
	}
}

struct explanation
answers_explain(const struct curl_answer *answer, enum delivery_kind kind,
    bool small)
{
	const int status = answer->status;

	/* A connection that is closed in the middle of a body. */
	if (answer->code != 0 && small && kind == DELIVERY_LARGE &&
	    (answer->code == 52 || answer->code == 55 || answer->code == 56))
		return explain_limit();
	if (answer->code != 0 && small && kind == DELIVERY_ATTACK)
		return waf;
	if (answer->code != 0 && status == 0)
		return explain_code(answer->code);
	if (answers_is_ours(answer))
		return explain_ours(answer);
	if (status >= 200 && status <= 299)
		return (struct explanation){ "another program than the "
		    "responder answers, and Twilio takes it for received",
		    "Let the web server hand this path to the responder." };
	/* The small one arrived by the same way. */
	if (small && kind == DELIVERY_LARGE && status >= 400 && status <= 500)
		return explain_limit();
	if (small && kind == DELIVERY_ATTACK && status >= 300)
		return waf;
	return explain_status(status);
}
