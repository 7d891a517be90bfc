/* live_view: joins the board, the screen and the packets that pass. */
#ifndef LASTACK_CLI_LIVE_VIEW_H
#define LASTACK_CLI_LIVE_VIEW_H

#include "base/err.h"
#include "pipeline.h"

struct live_view;

/* Takes the terminal.  Texts are borrowed.  NULL with *err. */
struct live_view *live_view_open(const char *interfaces, const char *database, bool color, struct err *err);
void live_view_close(struct live_view *view); /* accepts NULL */

/* As pipeline_watch.tick.  Takes keys, and draws twice a second.  False: somebody wants to quit. */
bool live_view_tick(struct live_view *view, int64_t now_ns, const struct pipeline_result *so_far,
	const struct pass *pass, struct store *store);

/* What is news at the bottom of the screen. */
void live_view_anomaly(struct live_view *view, const struct anomaly_record *row);
void live_view_news(struct live_view *view, int64_t time_ns, const char *text);

#endif
