/* pcapng files: what each block says, and what damage does. */
#include "base/clock.h"
#include "source/source.h"
#include "tests/lib/tap.h"
#include "tests/unit/files.h"

static struct err err;
static const char *const name = "a";

static struct source *open_made(const struct made *m, const char *filter)
{
	files_save(name, m);
	return source_open(&name, 1, filter, &err);
}

/* Every frame in words: "1:60/1500@2.000000003 ", where the first number is the link type; '!' is damage. */
static char *read_words(const struct made *m, char text[600])
{
	struct source *source = open_made(m, NULL);
	struct frame f;
	size_t used = 0;

	text[0] = '\0';
	if (!source)
		snprintf(text, 600, "refused");
	for (bool more = source; more;)
		switch (source_next(source, &f, &err)) {
		case SOURCE_FRAME:
		case SOURCE_FILTERED:
			used += (size_t)snprintf(text + used, 600 - used, "%d:%u/%u@%lld.%09lld ", f.link_type,
				f.captured, f.length, (long long)(f.time_ns / NS_PER_S),
				(long long)(f.time_ns % NS_PER_S));
			break;
		case SOURCE_DAMAGED:
			used += (size_t)snprintf(text + used, 600 - used, "!");
			break;
		case SOURCE_IDLE:
		case SOURCE_NEWS:
		case SOURCE_END:
			more = false;
		}
	source_close(source);
	return text;
}

static void reads_as(const struct made *m, const char *want, const char *test)
{
	char text[600];

	tap_equal_text(read_words(m, text), want, test);
}

static void byte_orders(void)
{
	struct made m = {0};

	make_section(&m, true);
	make_interface(&m, 1, 0);
	make_enhanced(&m, 0, 1000001, 61, 1500, 1);
	make_section(&m, false);
	make_interface(&m, 113, 0);
	make_enhanced(&m, 0, 2000002, 62, 62, 2);
	reads_as(&m, "1:61/1500@1.000001000 113:62/62@2.000002000 ", "sections of both byte orders follow each other");
}

static void interfaces_that_differ(void)
{
	struct made m = {0};

	make_section(&m, true);
	make_interface(&m, 1, 96);
	make_interface(&m, 113, 262144);
	make_enhanced(&m, 1, 5000000, 4, 4, 0);
	make_enhanced(&m, 0, 6000000, 4, 4, 0);
	reads_as(&m, "113:4/4@5.000000000 1:4/4@6.000000000 ", "each packet has the link type of its interface");

	struct source *source = open_made(&m, NULL);
	struct frame f;
	tap_ok(source && source_input(source, 0)->link_type == 1 && source_input(source, 0)->snap_length == 96,
		"the first interface is known from the start");
	while (source && source_next(source, &f, &err) == SOURCE_FRAME)
		;
	tap_ok(source && source_input(source, 0)->several_link_types, "that others differ is noted");
	source_close(source);

	source = open_made(&m, "ether host 1:2:3:4:5:6");
	tap_ok(source && source_next(source, &f, &err) == SOURCE_DAMAGED && err.code == ERR_USAGE &&
			strstr(err.text, "a: filter 'ether host 1:2:3:4:5:6': "),
		"a filter that a later link type cannot have ends the file with one line");
	tap_ok(source && source_next(source, &f, &err) == SOURCE_END, "and then it is over");
	source_close(source);
}

static void times(void)
{
	static const struct {
		uint64_t resolution; /* 0: none written */
		int64_t offset;
		uint64_t ticks;
		const char *want, *test;
	} rows[] = {
		{0, 0, 1500000, "1:4/4@1.500000000 ", "without a resolution ticks are microseconds"},
		{9, 0, 1500000001, "1:4/4@1.500000001 ", "10^-9 s"},
		{3, 0, 2500, "1:4/4@2.500000000 ", "10^-3 s"},
		{12, 0, 1500000000999, "1:4/4@1.500000000 ", "10^-12 s is cut to nanoseconds"},
		{19, 0, 15000000000000000000u, "1:4/4@1.500000000 ", "10^-19 s"},
		{0x80 | 10, 0, 1536, "1:4/4@1.500000000 ", "2^-10 s"},
		{0x80 | 32, 0, 0x180000000, "1:4/4@1.500000000 ", "2^-32 s"},
		{0x80 | 63, 0, UINT64_C(3) << 62, "1:4/4@1.500000000 ", "2^-63 s"},
		{6, 1700000000, 250000, "1:4/4@1700000000.250000000 ", "an offset in seconds is added"},
		{6, -10, 250000, "1:4/4@-9.-750000000 ", "a negative offset goes before 1970"},
		{0x80, INT64_MAX, UINT64_MAX, "1:4/4@9223372035.000000000 ",
			"what is too late is held at the last time"},
		{0x80, INT64_MIN, 1, "1:4/4@-9223372035.000000000 ", "what is too early is held at the first time"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct made m = {0};

		make_section(&m, false);
		size_t block = interface_begin(&m, 1, 0);
		if (rows[i].resolution)
			make_option(&m, 9, rows[i].resolution, 1);
		make_option(&m, 14, (uint64_t)rows[i].offset, 8);
		block_end(&m, block);
		make_enhanced(&m, 0, rows[i].ticks, 4, 4, 0);
		reads_as(&m, rows[i].want, rows[i].test);
	}

	struct made m = {0};
	make_section(&m, true);
	size_t block = interface_begin(&m, 1, 0);
	make_option(&m, 9, 20, 1);
	block_end(&m, block);
	reads_as(&m, "refused", "a unit finer than 64 bits can count is refused");
	tap_equal_text(err.text,
		"a: damaged at packet 1: an interface's time unit is 10^-20 s: 0 packets read (copy it again from "
		"where it was made)",
		"and the line says so");
}

static void other_packets(void)
{
	struct made m = {0};

	make_section(&m, true);
	make_interface(&m, 1, 8);
	make_enhanced(&m, 0, 3000000, 4, 4, 0);
	size_t block = block_begin(&m, 3);
	make(&m, 100, 4);
	make_fill(&m, 7, 8);
	block_end(&m, block);
	block = block_begin(&m, 3);
	make(&m, 3, 4);
	make_fill(&m, 7, 3);
	block_end(&m, block);
	block = block_begin(&m, 2);
	make(&m, 0, 2);
	make(&m, 5, 2);
	make(&m, 0, 4);
	make(&m, 4000000, 4);
	make(&m, 5, 4);
	make(&m, 9, 4);
	make_fill(&m, 7, 5);
	block_end(&m, block);
	reads_as(&m, "1:4/4@3.000000000 1:8/100@3.000000000 1:3/3@3.000000000 1:5/9@4.000000000 ",
		"simple packets have the time of the last one and end at the snap length; obsolete packets are read");
}

static void other_blocks(void)
{
	struct made m = {0};

	make_section(&m, true);
	make_interface(&m, 1, 0);
	for (uint32_t type = 7; type < 12; type++) {
		size_t block = block_begin(&m, type);
		make_fill(&m, 0xff, 4 * type);
		block_end(&m, block);
	}
	make_enhanced(&m, 0, 0, 4, 4, 0);
	block_end(&m, block_begin(&m, 0x80000001));
	reads_as(&m, "1:4/4@0.000000000 ", "blocks of other types are passed over");
}

static void statistics(struct made *m, uint64_t interface_drops, uint64_t system_drops)
{
	size_t block = block_begin(m, 5);
	make(m, 0, 4);
	make(m, 0, 8);
	make_option(m, 4, 12345, 8);
	make_option(m, 5, interface_drops, 8);
	make_option(m, 7, system_drops, 8);
	make_option(m, 0, 0, 0);
	block_end(m, block);
}

static uint64_t drops_after(const struct made *m)
{
	struct source *source = open_made(m, NULL);
	struct frame f;

	while (source && source_next(source, &f, &err) == SOURCE_FRAME)
		;
	uint64_t drops = source ? source_input(source, 0)->drops : UINT64_MAX;
	source_close(source);
	return drops;
}

static void drops(void)
{
	struct made m = {0};

	make_section(&m, true);
	make_interface(&m, 1, 0);
	statistics(&m, 2, 3);
	statistics(&m, 4, 6);
	tap_equal_int((long long)drops_after(&m), 10, "statistics are sums: the last block counts");
	size_t block = enhanced_begin(&m, 0, 0, 5, 5, 0);
	make_option(&m, 4, 12, 8);
	block_end(&m, block);
	tap_equal_int((long long)drops_after(&m), 12, "packets and statistics tell of the same drops");
	make_section(&m, false);
	make_interface(&m, 1, 0);
	statistics(&m, 1, 0);
	tap_equal_int((long long)drops_after(&m), 13, "sections add up");
}

/* One byte or word of a good file is changed. */
static void damaged(size_t at, uint32_t value, const char *want_words, const char *want_line)
{
	struct made m = {0}, word = {.little = true};
	char text[600];

	make_section(&m, true);           /* at 0, 28 bytes */
	make_interface(&m, 1, 0);         /* at 28, 20 bytes */
	make_enhanced(&m, 0, 0, 4, 4, 0); /* at 48, 36 bytes */
	make_enhanced(&m, 0, 0, 4, 4, 0); /* at 84, 36 bytes */
	make(&word, value, 4);
	memcpy(m.byte + at, word.byte, 4);
	tap_equal_text(read_words(&m, text), want_words, want_line);
	tap_ok(strstr(err.text, want_line) && !strncmp(err.text, "a: ", 3), "one line says so");
}

static void damage(void)
{
	damaged(8, 0x12345678, "refused", "a section without a byte order");
	damaged(12, 0x00000002, "refused", "pcapng version 2.0 is not known");
	damaged(48 + 8, 1, "!", "damaged at packet 1: from interface 1, which is not there");
	damaged(48 + 20, 5, "!", "damaged at packet 1: longer than its block");
	damaged(48 + 20, UINT32_MAX, "!", "damaged at packet 1: longer than its block");
	damaged(84 + 4, 38, "1:4/4@0.000000000 !", "damaged at packet 2: a block of 38 bytes");
	damaged(84 + 4, 8, "1:4/4@0.000000000 !", "damaged at packet 2: a block of 8 bytes");
	damaged(84 + 4, 0x7ffffffc, "1:4/4@0.000000000 !", "damaged at packet 2: a block of 2147483644 bytes");
	damaged(84 + 4, 40, "1:4/4@0.000000000 !", "ends inside packet 2: 1 packet read");
	damaged(84 + 32, 40, "1:4/4@0.000000000 !", "a block's two lengths differ (36 and 40)");
}

static void cut_at_every_length(void)
{
	struct made m = {0};
	unsigned wrong = 0;

	make_section(&m, true);
	make_interface(&m, 1, 0);
	make_enhanced(&m, 0, 0, 4, 4, 0);
	make_enhanced(&m, 0, 0, 4, 4, 0);
	for (size_t length = 48; length <= m.length; length++) {
		const size_t whole = (length - 48) / 36;
		const bool cut = (length - 48) % 36;
		struct made part = m;
		struct frame f;
		size_t count = 0;
		enum source_status status = SOURCE_END;

		part.length = length;
		struct source *source = open_made(&part, NULL);
		while (source && (status = source_next(source, &f, &err)) == SOURCE_FRAME)
			count++;
		wrong += !source || count != whole || status != (cut ? SOURCE_DAMAGED : SOURCE_END);
		source_close(source);
	}
	tap_equal_int(wrong, 0, "a file cut anywhere gives all its whole packets, then one line");
}

int main(void)
{
	files_begin();
	byte_orders();
	interfaces_that_differ();
	times();
	other_packets();
	other_blocks();
	drops();
	damage();
	cut_at_every_length();
	files_end(&name, 1);
	return tap_end();
}
