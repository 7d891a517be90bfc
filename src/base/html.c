/* html: see html.h. */
#include "base/html.h"

#include <string.h>

void html_add(struct strbuf *out, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const named[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	struct strbuf safe = {0};

	strbuf_add_safe(&safe, text);
	for (const char *at = safe.text ? safe.text : ""; *at; at++) {
		const char *which = strchr(special, *at);

		if (which)
			strbuf_add(out, named[which - special]);
		else
			strbuf_add_char(out, *at);
	}
	strbuf_fini(&safe);
}

void html_add_count(struct strbuf *out, int64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%lld", (long long)count);

	for (int i = 0; i < length; i++) {
		if (i && digits[i - 1] != '-' && (length - i) % 3 == 0)
			strbuf_add(out, "\u202f");
		strbuf_add_char(out, digits[i]);
	}
}
