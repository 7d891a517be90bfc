/* http: see http.h. */
#include "ship/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	CONNECT_S = 10,
	PASSWORD_MOST = 1024,
	TOLD_MOST = 300, /* octets of an error answer */
};

struct http {
	CURL *curl;
	struct curl_slist *plain, *gzipped;   /* headers of a request */
	char *base, *host, *database, *place; /* base: without user and database */
	char password[PASSWORD_MOST];
	char curl_error[CURL_ERROR_SIZE];
	bool (*stops)(void);
	int refusal;
};

const char *http_place(const struct http *http)
{
	return http->place;
}

const char *http_database(const struct http *http)
{
	return http->database;
}

const char *http_library_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

/* --- opening ------------------------------------------------------------------------------------- */

static bool read_password(struct http *http, const char *path, struct err *err)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return err_set(err, ERR_USAGE, "--password-file %s: %s", path, strerror(errno));
	bool done = fgets(http->password, sizeof http->password, file) != NULL && !ferror(file);
	fclose(file);
	if (!done)
		return err_set(err, ERR_USAGE, "--password-file %s: empty", path);
	http->password[strcspn(http->password, "\r\n")] = '\0';
	return true;
}

/* A part of the place, or "" where there is none; free with curl_free, unless it is empty. */
static char *part(CURLU *url, CURLUPart which, unsigned flags)
{
	char *text = NULL;

	return curl_url_get(url, which, &text, flags) == CURLUE_OK ? text : NULL;
}

/* The path is the database, a name without slashes. */
static bool take_database(struct http *http, CURLU *url)
{
	char *path = part(url, CURLUPART_PATH, CURLU_URLDECODE);
	const char *name = path ? path + strspn(path, "/") : "";
	size_t length = strcspn(name, "/");
	bool done = name[length] == '\0' || !strcmp(name + length, "/");

	http->database = mem_copy(length ? name : "default");
	if (length)
		http->database[length] = '\0';
	curl_free(path);
	return done;
}

/* What of a place may be there, may be there; what must not, is not. */
static bool take_place(struct http *http, CURLU *url, const struct http_to *to, struct err *err)
{
	char *scheme = NULL, *password = NULL, *query = NULL, *fragment = NULL, *user = NULL;
	bool done = !curl_url_set(url, CURLUPART_URL, to->url, 0);

	if (done) {
		scheme = part(url, CURLUPART_SCHEME, 0);
		password = part(url, CURLUPART_PASSWORD, 0);
		query = part(url, CURLUPART_QUERY, 0);
		fragment = part(url, CURLUPART_FRAGMENT, 0);
		user = part(url, CURLUPART_USER, CURLU_URLDECODE);
	}
	done = done && scheme && (!strcmp(scheme, "http") || !strcmp(scheme, "https")) && !query && !fragment &&
	       take_database(http, url);
	if (password)
		err_set(err, ERR_USAGE,
			"%s: a password in an address is seen by others (--password-file FILE, and only USER@ here)",
			to->option);
	else if (!done)
		err_set(err, ERR_USAGE, "%s '%s': not a place (http://[USER@]HOST:8123/DATABASE)", to->option, to->url);
	done = done && !password;
	if (done && user)
		curl_easy_setopt(http->curl, CURLOPT_USERNAME, user);
	curl_free(scheme);
	curl_free(password);
	curl_free(query);
	curl_free(fragment);
	curl_free(user);
	return done;
}

static void name_place(struct http *http, CURLU *url)
{
	struct strbuf place = {0};

	curl_url_set(url, CURLUPART_USER, NULL, 0);
	curl_url_set(url, CURLUPART_PATH, "/", 0);
	http->base = part(url, CURLUPART_URL, 0);
	http->host = part(url, CURLUPART_HOST, 0);
	if (!http->base || !http->host)
		err_no_memory();
	strbuf_addf(&place, "%s%s", http->base, http->database);
	http->place = place.text;
}

static int gives_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct http *http = context;

	(void)a, (void)b, (void)c, (void)d;
	return http->stops && http->stops();
}

static void set_usual(struct http *http, const struct http_to *to)
{
	http->plain = curl_slist_append(NULL, "Expect:"); /* no second of waiting before the body */
	http->gzipped = curl_slist_append(curl_slist_append(NULL, "Expect:"), "Content-Encoding: gzip");
	if (!http->plain || !http->gzipped)
		err_no_memory();
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, http->curl_error);
	curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(http->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	curl_easy_setopt(http->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(http->curl, CURLOPT_TIMEOUT, (long)to->most_s);
	curl_easy_setopt(http->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(http->curl, CURLOPT_XFERINFOFUNCTION, gives_up);
	curl_easy_setopt(http->curl, CURLOPT_XFERINFODATA, http);
	curl_easy_setopt(http->curl, CURLOPT_NOPROGRESS, 0L);
	if (*http->password)
		curl_easy_setopt(http->curl, CURLOPT_PASSWORD, http->password);
	if (to->ca_file)
		curl_easy_setopt(http->curl, CURLOPT_CAINFO, to->ca_file);
}

struct http *http_open(const struct http_to *to, struct err *err)
{
	struct http *http = mem_new(1, sizeof *http);
	CURLU *url = curl_url();

	http->curl = curl_easy_init();
	http->stops = to->stops;
	if (!http->curl || !url)
		err_no_memory();
	bool done =
		take_place(http, url, to, err) && (!to->password_file || read_password(http, to->password_file, err));
	if (done) {
		name_place(http, url);
		set_usual(http, to);
	}
	curl_url_cleanup(url);
	if (done)
		return http;
	http_close(http);
	return NULL;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->plain);
	curl_slist_free_all(http->gzipped);
	curl_free(http->base);
	curl_free(http->host);
	free(http->database);
	free(http->place);
	explicit_bzero(http->password, sizeof http->password);
	free(http);
}

void http_prepare(const struct http *http)
{
	struct addrinfo *found = NULL;

	if (!getaddrinfo(http->host, NULL, NULL, &found))
		freeaddrinfo(found);
}

/* --- what an error answer means ------------------------------------------------------------------ */

enum { DISK_FULL = 243 };

/* ClickHouse's numbers of exceptions (dbms/src/Common/ErrorCodes.cpp): what people can do about them. */
static const struct {
	int code;
	const char *why, *todo;
} refusals[] = {
	{60, "a table is missing", "make the tables first: schema/clickhouse"},
	{81, "there is no such database", "make it, then the tables: schema/clickhouse"},
	{16, "a column is missing", "the tables are of an older lastack: schema/clickhouse"},
	{192, "wrong user or password", "USER@ in the address, --password-file FILE"},
	{193, "wrong user or password", "USER@ in the address, --password-file FILE"},
	{194, "a password is wanted", "--password-file FILE"},
	{516, "wrong user or password", "USER@ in the address, --password-file FILE"},
	{164, "this user may only read", "grant it the rights"},
	{497, "this user may not", "grant it the rights"},
	{DISK_FULL, "its disk is full", "free some space there"},
	{252, "too many parts", "its merges are behind"},
	{241, "it is short of memory", NULL},
	{202, "too many queries at once", NULL},
	{159, "it took too long", NULL},
};

/* A disk that is full shows in several ways.  Both forms, "Code: 60, e.displayText() = DB::Exception: ..." and
 * "Code: 60. DB::Exception: ..."; 0: neither. */
static int exception_code(const char *text)
{
	static const char begin[] = "Code: ";

	if (strstr(text, "errno: 28,"))
		return DISK_FULL;
	return strncmp(text, begin, sizeof begin - 1) ? 0 : (int)strtol(text + sizeof begin - 1, NULL, 10);
}

/* The first line, without what says nothing to people. */
static void add_exception(struct strbuf *told, const char *text)
{
	static const char kind[] = "Exception: ", again[] = ", e.what() = ";
	const char *from = strstr(text, kind);
	char line[TOLD_MOST];

	from = from ? from + sizeof kind - 1 : text;
	snprintf(line, sizeof line, "%s", from);
	char *end = strstr(line, again);
	if (end)
		*end = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	strbuf_add_safe(told, line);
	strbuf_trim(told);
}

static bool refused(struct http *http, long status, const char *answer, struct err *err)
{
	int code = http->refusal = exception_code(answer);
	struct strbuf told = {0};

	strbuf_add(&told, "");
	add_exception(&told, answer);
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].code == code) {
			err_set(err, ERR_FAILED, "%s: %s: %s%s%s%s", http->place, refusals[i].why, told.text,
				refusals[i].todo ? " (" : "", refusals[i].todo ? refusals[i].todo : "",
				refusals[i].todo ? ")" : "");
			strbuf_fini(&told);
			return false;
		}
	if (*told.text)
		err_set(err, ERR_FAILED, "%s: %s", http->place, told.text);
	else
		err_set(err, ERR_FAILED, "%s: HTTP status %ld (is that ClickHouse's HTTP port?)", http->place, status);
	strbuf_fini(&told);
	return false;
}

/* Without numbers that are others each time, so that it is seen to be the same. */
static bool broke(const struct http *http, CURLcode code, struct err *err)
{
	const char *why = curl_easy_strerror(code);
	long number = 0;

	curl_easy_getinfo(http->curl, CURLINFO_OS_ERRNO, &number);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(
			err, ERR_FAILED, "%s: cannot be reached: its name is not known (is it right?)", http->place);
	case CURLE_COULDNT_CONNECT:
		return err_set(err, ERR_FAILED,
			"%s: cannot be reached: %s (is ClickHouse there, and is it its HTTP port?)", http->place,
			number ? strerror((int)number) : why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_FAILED, "%s: no answer in time", http->place);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
		return err_set(err, ERR_FAILED, "%s: TLS: %s (--ca-file FILE names who is trusted)", http->place,
			*http->curl_error ? http->curl_error : why);
	case CURLE_WRITE_ERROR:
		return err_set(
			err, ERR_FAILED, "%s: the answer is larger than %d MiB", http->place, HTTP_ANSWER_MOST >> 20);
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(err, ERR_FAILED, "%s: given up", http->place);
	case CURLE_OUT_OF_MEMORY:
		err_no_memory();
	default:
		return err_set(err, ERR_FAILED, "%s: broke off before the answer was complete: %s", http->place, why);
	}
}

/* --- a request ------------------------------------------------------------------------------------ */

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct strbuf *answer = context;

	if (answer->length + size * count > HTTP_ANSWER_MOST)
		return 0;
	strbuf_add_n(answer, bytes, size * count);
	return size * count;
}

static void add_parameter(CURLU *url, const char *name, const char *value)
{
	struct strbuf parameter = {0};

	strbuf_addf(&parameter, "%s=%s", name, value);
	if (curl_url_set(url, CURLUPART_QUERY, parameter.text, CURLU_APPENDQUERY | CURLU_URLENCODE))
		err_no_memory();
	strbuf_fini(&parameter);
}

static void set_request(struct http *http, CURLU *url, const struct http_request *request, struct strbuf *answer)
{
	curl_url_set(url, CURLUPART_URL, http->base, 0);
	add_parameter(url, "database", http->database);
	add_parameter(
		url, "wait_end_of_query", "1"); /* so that an error is the status, and not behind half an answer */
	for (const char *const *s = request->settings; s && *s; s += 2)
		add_parameter(url, s[0], s[1]);
	if (request->query)
		add_parameter(url, "query", request->query);
	*http->curl_error = '\0';
	http->refusal = 0;
	curl_easy_setopt(http->curl, CURLOPT_CURLU, url);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, request->length ? request->body : "");
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, request->gzipped ? http->gzipped : http->plain);
	curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, answer);
}

bool http_post(struct http *http, const struct http_request *request, struct strbuf *answer, struct err *err)
{
	struct strbuf room = {0};
	CURLU *url = curl_url();
	long status = 0;

	if (!url)
		err_no_memory();
	set_request(http, url, request, &room);
	CURLcode code = curl_easy_perform(http->curl);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	bool done = code == CURLE_OK && status == 200;
	if (code != CURLE_OK)
		broke(http, code, err);
	else if (!done)
		refused(http, status, room.length ? room.text : "", err);
	else if (answer)
		strbuf_add_n(answer, room.length ? room.text : "", room.length);
	curl_easy_setopt(http->curl, CURLOPT_CURLU, NULL);
	curl_url_cleanup(url);
	strbuf_fini(&room);
	return done;
}

int http_refusal(const struct http *http)
{
	return http->refusal;
}

/* --- compression ---------------------------------------------------------------------------------- */

void http_gzip(const void *bytes, size_t length, struct strbuf *out)
{
	enum { GZIP = 16 };
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes};

	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + GZIP, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		err_no_memory();
	z.avail_in = (unsigned)length;
	size_t most = deflateBound(&z, length);
	char *at = strbuf_room(out, most);
	z.next_out = (unsigned char *)at;
	z.avail_out = (unsigned)most;
	deflate(&z, Z_FINISH); /* there is room for all of it */
	strbuf_wrote(out, at + z.total_out);
	deflateEnd(&z);
}
