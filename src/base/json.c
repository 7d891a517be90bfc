/* json: see json.h. */
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

void json_add_string(struct strbuf *buf, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	strbuf_add_char(buf, '"');
	while (*at) {
		uint32_t point;
		size_t n = utf8_next(at, &point);

		if (!n) {
			strbuf_add(buf, "\xef\xbf\xbd");
			at++;
		} else if (point == '"' || point == '\\') {
			strbuf_add_char(buf, '\\');
			strbuf_add_char(buf, (char)point);
			at++;
		} else if (!utf8_is_printable(
				   point)) { /* JSON is looked at on terminals, too; all of these have four digits */
			strbuf_addf(buf, "\\u%04x", (unsigned)point);
			at += n;
		} else {
			strbuf_add_n(buf, (const char *)at, n);
			at += n;
		}
	}
	strbuf_add_char(buf, '"');
}

void json_add_seconds(struct strbuf *buf, int64_t time_ns)
{
	char digits[9];
	uint64_t size = time_ns < 0 ? -(uint64_t)time_ns : (uint64_t)time_ns, rest = size % NS_PER_S;

	if (time_ns < 0)
		strbuf_add_char(buf, '-');
	strbuf_add_int(buf, (int64_t)(size / NS_PER_S));
	strbuf_add_char(buf, '.');
	for (int i = 8; i >= 0; i--, rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	strbuf_add_n(buf, digits, sizeof digits);
}

/* --- reading --------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* A code point as UTF-8; half of a surrogate pair, and NUL, as U+FFFD. */
static void add_point(struct strbuf *text, unsigned long point)
{
	if (!point || (point >= 0xd800 && point < 0xe000))
		point = 0xfffd;
	if (point < 0x80) {
		strbuf_add_char(text, (char)point);
	} else if (point < 0x800) {
		strbuf_add_char(text, (char)(0xc0 | point >> 6));
		strbuf_add_char(text, (char)(0x80 | (point & 0x3f)));
	} else {
		strbuf_add_char(text, (char)(0xe0 | point >> 12));
		strbuf_add_char(text, (char)(0x80 | (point >> 6 & 0x3f)));
		strbuf_add_char(text, (char)(0x80 | (point & 0x3f)));
	}
}

/* Behind a backslash. */
static bool take_escape(const char **at, struct strbuf *text)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter = **at ? strchr(letters, **at) : NULL;
	char digits[5] = "";

	if (letter) {
		strbuf_add_char(text, meanings[letter - letters]);
		++*at;
		return true;
	}
	if (**at != 'u' || strspn(*at + 1, "0123456789abcdefABCDEF") < 4)
		return false;
	memcpy(digits, *at + 1, 4);
	add_point(text, strtoul(digits, NULL, 16));
	*at += 5;
	return true;
}

static bool take_string(const char **at, struct strbuf *text)
{
	strbuf_clear(text);
	strbuf_add(text, "");
	if (*(*at)++ != '"')
		return false;
	while (**at != '"') {
		if ((unsigned char)**at < 0x20)
			return false;
		if (**at != '\\') {
			strbuf_add_char(text, *(*at)++);
			continue;
		}
		++*at;
		if (!take_escape(at, text))
			return false;
	}
	++*at;
	return true;
}

/* A number, true, false or null. */
static bool take_bare(const char **at, struct json_member *member)
{
	size_t length = strspn(*at, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
	char *end;

	strbuf_clear(&member->text);
	strbuf_add_n(&member->text, *at, length);
	*at += length;
	if (!length)
		return false;
	errno = 0;
	member->number = strtoll(member->text.text, &end, 10);
	member->is_number = !*end && !errno;
	if (member->is_number)
		return true;
	strtod(member->text.text, &end);
	return !*end || !strcmp(member->text.text, "null") || !strcmp(member->text.text, "true") ||
	       !strcmp(member->text.text, "false");
}

/* From one member to the next: to its key.  False at the end of the object, which is left behind, and where there is
 * neither. */
static bool to_key(const char **at, struct json_member *member)
{
	bool begun = member->begun;

	member->begun = member->ended = member->is_number = false;
	*at = skip_blanks(*at);
	if (**at == '{' && !begun)
		*at = skip_blanks(*at + 1);
	else if (**at == ',' && begun)
		return *(*at = skip_blanks(*at + 1)) == '"';
	else if (**at != '}' || !begun)
		return false;
	member->ended = **at == '}';
	if (member->ended)
		*at = skip_blanks(*at + 1);
	return !member->ended;
}

bool json_next(const char **at, struct json_member *member)
{
	if (!to_key(at, member) || !take_string(at, &member->key))
		return false;
	*at = skip_blanks(*at);
	if (**at != ':')
		return false;
	*at = skip_blanks(*at + 1);
	member->begun = **at == '"' ? take_string(at, &member->text) : take_bare(at, member);
	return member->begun;
}

bool json_is_flat(const char *text)
{
	struct json_member member = {0};

	while (json_next(&text, &member))
		;
	json_member_fini(&member);
	return member.ended && !*text;
}

void json_member_fini(struct json_member *member)
{
	strbuf_fini(&member->key);
	strbuf_fini(&member->text);
}
