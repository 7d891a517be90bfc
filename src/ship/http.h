/* http: requests to ClickHouse over HTTP.  The only folder that includes curl.h and zlib.h.
 *
 * A place is http[s]://[USER@]HOST[:PORT]/DATABASE.  Its password comes from a file, never from an argument or the
 * environment, and stands in no error.  Certificates are always verified.  A request is a POST, takes a bounded time
 * and a bounded memory, and is made once: whoever made it decides whether it is made again (18.16 and all later
 * ClickHouse: https://clickhouse.com/docs/interfaces/http).
 *
 * Where the program was built without libcurl, http_open says so (http_without.c). */
#ifndef LASTACK_SHIP_HTTP_H
#define LASTACK_SHIP_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct http;

struct http_to {
	const char *option;        /* what errors in url begin with: "--to" */
	const char *url;           /* the place */
	const char *password_file; /* its first line; NULL: none */
	const char *ca_file;       /* certificates (PEM) that are trusted instead of the system's; NULL: the system's */
	int most_s;                /* how long a request may take */
	bool (*stops)(void);       /* asked each second: a request is given up when it says so; NULL: never */
};

/* Connects with the first request only.  NULL with *err: no such place can be, a file cannot be read, no libcurl. */
struct http *http_open(const struct http_to *to, struct err *err);
void http_close(struct http *http); /* accepts NULL */

/* Looks the host up once, so that what that needs of this system is loaded before paths and calls are refused. */
void http_prepare(const struct http *http);

/* The place without its user: "http://host:8123/db"; and its database, "default" where the place names none. */
const char *http_place(const struct http *http);
const char *http_database(const struct http *http);

struct http_request {
	const char *query;           /* NULL: it is the body */
	const char *const *settings; /* name, value, name, value, NULL: parameters of the request; NULL: none */
	const void *body;
	size_t length;
	bool gzipped; /* the body is compressed */
};

/* Adds the answer to *answer (HTTP_ANSWER_MOST octets at most; NULL: it matters not).  False with *err, one line that
 * begins with the place: it cannot be reached, took too long, broke off, or answered with an error; of an error answer
 * it says the first line, and what to do where that is known.  Unless the answer was an error, the request may have had
 * its effect all the same. */
enum { HTTP_ANSWER_MOST = 64 << 20 };
bool http_post(struct http *http, const struct http_request *request, struct strbuf *answer, struct err *err);

/* ClickHouse's number of the error that the last request was answered with; 0: it was answered with none. */
enum { HTTP_RUNS_ALREADY = 216 };
int http_refusal(const struct http *http);

/* Compresses as a body may be (gzip, the fastest level): adds to *out. */
void http_gzip(const void *bytes, size_t length, struct strbuf *out);

/* The version of libcurl, or that there is none. */
const char *http_library_version(void);

#endif
