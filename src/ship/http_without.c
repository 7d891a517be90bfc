/* http_without: http.h where the program was built without libcurl. */
#include "ship/http.h"

#include <assert.h>

struct http *http_open(const struct http_to *to, struct err *err)
{
	err_set(err, ERR_USAGE, "%s: this lastack was built without libcurl (configure --with-curl)", to->option);
	return NULL;
}

void http_close(struct http *http)
{
	assert(!http);
}

void http_prepare(const struct http *http)
{
	(void)http;
}

const char *http_place(const struct http *http)
{
	(void)http;
	return "";
}

const char *http_database(const struct http *http)
{
	(void)http;
	return "";
}

bool http_post(struct http *http, const struct http_request *request, struct strbuf *answer, struct err *err)
{
	(void)http, (void)request, (void)answer;
	return err_set(err, ERR_USAGE, "built without libcurl");
}

int http_refusal(const struct http *http)
{
	(void)http;
	return 0;
}

void http_gzip(const void *bytes, size_t length, struct strbuf *out)
{
	(void)bytes, (void)length, (void)out;
}

const char *http_library_version(void)
{
	return "none (built without)";
}
