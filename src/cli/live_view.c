/* live_view: see live_view.h. */
#include "cli/live_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "store/store.h"
#include "view/board.h"
#include "view/screen.h"
#include "view/story.h"

enum {
	DRAW_MS = 500,
	SHARE = 10, /* looking at all connections takes one part in so many of the time, however many there are */
};

struct live_view {
	struct board_options options;
	struct board *board; /* from the first tick on */
	struct screen *screen;
	int64_t drawn_ns, took_ns; /* when a moment was taken last, and how long that took */
};

struct live_view *live_view_open(const char *interfaces, const char *database, bool color, struct err *err)
{
	struct screen *screen = screen_open(err);
	const char *slash = strrchr(database, '/');

	if (!screen)
		return NULL;
	struct live_view *view = mem_new(1, sizeof *view);
	view->options = (struct board_options){interfaces, slash ? slash + 1 : database, color, CLOCK_NONE};
	view->screen = screen;
	return view;
}

void live_view_close(struct live_view *view)
{
	if (!view)
		return;
	screen_close(view->screen);
	board_free(view->board);
	free(view);
}

/* --- the story of a connection -------------------------------------------------------------------- */

static void tell_anomaly(void *context, const struct anomaly_record *row)
{
	story_anomaly(context, row);
}

static void tell_record(void *context, const struct conn_record *record)
{
	story_connection(context, record);
	story_print(context, NULL);
}

static void tell(struct live_view *view, const struct pass *pass, int64_t id)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	struct strbuf over = {0};

	if (!file)
		err_no_memory();
	struct grid_style style = {0, view->options.color};
	unsigned height;
	screen_size(view->screen, &style.width, &height);
	struct story *story = story_new(file, &style, false);
	bool open = pipeline_tell_open(pass, id, tell_anomaly, tell_record, story);
	story_free(story);
	fclose(file);
	strbuf_addf(&over, "connection %lld is over (lastack show %lld)\n", (long long)id, (long long)id);
	board_show(view->board, open ? text : over.text);
	strbuf_fini(&over);
	free(text);
}

/* --- moments --------------------------------------------------------------------------------------- */

static void take_moment(struct live_view *view, int64_t now_ns, const struct pipeline_result *r,
	const struct pass *pass, struct store *store)
{
	struct board_moment moment = {
		.now_ns = now_ns,
		.packets = r->packets,
		.bytes = r->bytes,
		.dropped = r->dropped,
		.connections = r->connections,
		.waiting = store_waiting(store),
		.database_bytes = store_bytes(store),
	};

	memcpy(moment.held, r->held, sizeof moment.held);
	board_begin(view->board, &moment);
	pipeline_each_open(pass, board_connection, view->board);
	board_complete(view->board);
}

static void draw(struct live_view *view)
{
	struct strbuf lines = {0};
	unsigned width, height;

	screen_size(view->screen, &width, &height);
	unsigned chosen = board_draw(view->board, width, height, &lines);
	screen_show(view->screen, lines.text, chosen);
	strbuf_fini(&lines);
}

static bool is_due(const struct live_view *view, int64_t now_ns)
{
	int64_t every_ns = view->took_ns * SHARE;

	if (every_ns < DRAW_MS * NS_PER_MS)
		every_ns = DRAW_MS * NS_PER_MS;
	return view->drawn_ns == CLOCK_NONE || now_ns < view->drawn_ns || now_ns - view->drawn_ns >= every_ns;
}

bool live_view_tick(struct live_view *view, int64_t now_ns, const struct pipeline_result *so_far,
	const struct pass *pass, struct store *store)
{
	bool due, pressed = false;

	if (!view->board) {
		view->options.now_ns = now_ns;
		view->board = board_new(&view->options);
		view->drawn_ns = CLOCK_NONE;
	}
	for (int key; (key = screen_key(view->screen)) >= 0; pressed = true)
		switch (board_press(view->board, key)) {
		case BOARD_QUIT:
			return false;
		case BOARD_TELL:
			tell(view, pass, board_chosen(view->board));
			break;
		case BOARD_NOTHING:
			break;
		}
	due = is_due(view, now_ns);
	if (due) {
		int64_t begun_ns = clock_monotonic_ns();

		view->drawn_ns = now_ns;
		if (!board_is_paused(view->board))
			take_moment(view, now_ns, so_far, pass, store);
		view->took_ns = clock_monotonic_ns() - begun_ns;
	}
	if (due || pressed)
		draw(view);
	return true;
}

void live_view_anomaly(struct live_view *view, const struct anomaly_record *row)
{
	if (view->board)
		board_anomaly(view->board, row);
}

void live_view_news(struct live_view *view, int64_t time_ns, const char *text)
{
	if (view->board)
		board_news(view->board, time_ns, text);
}
