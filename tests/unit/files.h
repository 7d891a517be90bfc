/* files: builds capture files in memory and writes them to a folder of the test's own. */
#ifndef LASTACK_TESTS_UNIT_FILES_H
#define LASTACK_TESTS_UNIT_FILES_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct made {
	uint8_t byte[8192];
	size_t length;
	bool little;
};

static inline void make(struct made *m, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		m->byte[m->length++] = (uint8_t)(value >> 8 * (m->little ? i : bytes - 1 - i));
}

static inline void make_fill(struct made *m, uint8_t value, size_t count)
{
	memset(m->byte + m->length, value, count);
	m->length += count;
}

/* -- pcap -- */

enum { MICRO = 0xa1b2c3d4, NANO = 0xa1b23c4d, MODIFIED = 0xa1b2cd34 };

static inline void make_pcap(struct made *m, bool little, uint32_t magic, uint32_t link_type)
{
	*m = (struct made){.little = little};
	make(m, magic, 4);
	make(m, 2, 2);
	make(m, 4, 2);
	make(m, 0, 8);
	make(m, 65535, 4);
	make(m, link_type, 4);
}

/* A packet of `captured` bytes that all are `fill`. */
static inline void make_packet(
	struct made *m, uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t length, uint8_t fill)
{
	make(m, seconds, 4);
	make(m, fraction, 4);
	make(m, captured, 4);
	make(m, length, 4);
	make_fill(m, fill, captured);
}

/* -- pcapng -- */

static inline size_t block_begin(struct made *m, uint32_t type)
{
	make(m, type, 4);
	make(m, 0, 4);
	return m->length - 8;
}

static inline void block_end(struct made *m, size_t begin)
{
	while ((m->length - begin) % 4)
		make(m, 0, 1);
	uint32_t length = (uint32_t)(m->length + 4 - begin);
	struct made size = {.little = m->little};
	make(&size, length, 4);
	memcpy(m->byte + begin + 4, size.byte, 4);
	make(m, length, 4);
}

static inline void make_section(struct made *m, bool little)
{
	m->little = little;
	size_t block = block_begin(m, 0x0a0d0d0a);
	make(m, 0x1a2b3c4d, 4);
	make(m, 1, 2);
	make(m, 0, 2);
	make(m, UINT64_MAX, 8);
	block_end(m, block);
}

static inline void make_option(struct made *m, uint16_t code, uint64_t value, uint16_t length)
{
	make(m, code, 2);
	make(m, length, 2);
	make(m, value, length);
	while (m->length % 4)
		make(m, 0, 1);
}

static inline size_t interface_begin(struct made *m, uint16_t link_type, uint32_t snap_length)
{
	size_t block = block_begin(m, 1);
	make(m, link_type, 2);
	make(m, 0, 2);
	make(m, snap_length, 4);
	return block;
}

static inline void make_interface(struct made *m, uint16_t link_type, uint32_t snap_length)
{
	block_end(m, interface_begin(m, link_type, snap_length));
}

static inline size_t enhanced_begin(
	struct made *m, uint32_t interface, uint64_t ticks, uint32_t captured, uint32_t length, uint8_t fill)
{
	size_t block = block_begin(m, 6);
	make(m, interface, 4);
	make(m, ticks >> 32, 4);
	make(m, ticks & UINT32_MAX, 4);
	make(m, captured, 4);
	make(m, length, 4);
	make_fill(m, fill, captured);
	while (m->length % 4)
		make(m, 0, 1);
	return block;
}

static inline void make_enhanced(
	struct made *m, uint32_t interface, uint64_t ticks, uint32_t captured, uint32_t length, uint8_t fill)
{
	block_end(m, enhanced_begin(m, interface, ticks, captured, length, fill));
}

/* -- the folder -- */

static char files_folder[] = "/tmp/lastack-test-XXXXXX";

/* Every test program works inside its own folder, by bare names. */
static inline void files_begin(void)
{
	if (!mkdtemp(files_folder) || chdir(files_folder)) {
		puts("Bail out! no folder for the test's files");
		exit(1);
	}
}

static inline void files_write(const char *name, const void *bytes, size_t length)
{
	FILE *file = fopen(name, "wb");

	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
		puts("Bail out! a test's file cannot be written");
		exit(1);
	}
}

static inline void files_save(const char *name, const struct made *m)
{
	files_write(name, m->byte, m->length);
}

static inline bool files_save_packed(const char *name, const struct made *m, int (*filter)(struct archive *))
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	bool good = filter(archive) == ARCHIVE_OK;

	archive_write_set_format_raw(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_entry_set_filetype(entry, AE_IFREG);
	good = good && archive_write_open_filename(archive, name) == ARCHIVE_OK &&
	       archive_write_header(archive, entry) == ARCHIVE_OK &&
	       archive_write_data(archive, m->byte, m->length) == (la_ssize_t)m->length;
	archive_entry_free(entry);
	archive_write_free(archive);
	return good;
}

/* Removes the folder with what the named files left in it. */
static inline void files_end(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (unlink(names[i]))
			rmdir(names[i]);
	if (!chdir("/"))
		rmdir(files_folder);
}

#endif
