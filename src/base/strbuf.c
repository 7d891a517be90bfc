/* strbuf: see strbuf.h. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

void strbuf_fini(struct strbuf *buf)
{
	free(buf->text);
	*buf = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *buf)
{
	buf->length = 0;
	if (buf->text)
		buf->text[0] = '\0';
}

static void reserve(struct strbuf *buf, size_t more)
{
	if (more < buf->room - buf->length)
		return;
	size_t room = buf->room ? buf->room : 64;
	while (room - buf->length <= more)
		room *= 2;
	buf->text = mem_grow(buf->text, room);
	buf->room = room;
}

void strbuf_add_n(struct strbuf *buf, const char *text, size_t length)
{
	reserve(buf, length);
	memcpy(buf->text + buf->length, text, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void strbuf_add(struct strbuf *buf, const char *text)
{
	strbuf_add_n(buf, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buf, char c)
{
	strbuf_add_n(buf, &c, 1);
}

char *strbuf_room(struct strbuf *buf, size_t most)
{
	reserve(buf, most);
	return buf->text + buf->length;
}

void strbuf_wrote(struct strbuf *buf, char *end)
{
	*end = '\0';
	buf->length = (size_t)(end - buf->text);
}

/* Two digits at a time: numbers are most of what a row is written of. */
char *digits_put(char *at, int64_t value)
{
	static const char pairs[] =
		"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
		"4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
		"949596979899";
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[DIGITS_MOST], *from = digits + sizeof digits;

	while (left >= 100) {
		from -= 2;
		memcpy(from, pairs + left % 100 * 2, 2);
		left /= 100;
	}
	if (left >= 10) {
		from -= 2;
		memcpy(from, pairs + left * 2, 2);
	} else {
		*--from = (char)('0' + left);
	}
	if (value < 0)
		*at++ = '-';
	size_t length = (size_t)(digits + sizeof digits - from);
	memcpy(at, from, length);
	return at + length;
}

void strbuf_add_int(struct strbuf *buf, int64_t value)
{
	strbuf_wrote(buf, digits_put(strbuf_room(buf, DIGITS_MOST), value));
}

void strbuf_trim(struct strbuf *buf)
{
	while (buf->length && strchr(" \t\n", buf->text[buf->length - 1]))
		buf->text[--buf->length] = '\0';
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (need < 0)
		return;
	reserve(buf, (size_t)need);
	va_start(args, format);
	vsnprintf(buf->text + buf->length, (size_t)need + 1, format, args);
	va_end(args);
	buf->length += (size_t)need;
}

void strbuf_add_safe(struct strbuf *buf, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		uint32_t point;
		size_t n = utf8_next(at, &point);

		if (n && utf8_is_printable(point)) {
			strbuf_add_n(buf, (const char *)at, n);
			at += n;
		} else {
			strbuf_addf(buf, "\\x%02x", *at++);
		}
	}
}

void strbuf_add_shell(struct strbuf *buf, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:";

	if (*word && !word[strspn(word, plain)]) {
		strbuf_add(buf, word);
		return;
	}
	strbuf_add_char(buf, '\'');
	for (; *word; word++)
		if (*word == '\'')
			strbuf_add(buf, "'\\''");
		else
			strbuf_add_char(buf, *word);
	strbuf_add_char(buf, '\'');
}

void strbuf_flush(struct strbuf *buf, FILE *out)
{
	if (buf->length)
		fwrite(buf->text, 1, buf->length, out);
	strbuf_clear(buf);
}
