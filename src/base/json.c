/* json: see json.h. */
#include "base/json.h"

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
		} else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) {
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
