/* anomalies: anomalies as tables for people: counted by kind, or one below the other. */
#ifndef LASTACK_VIEW_ANOMALIES_H
#define LASTACK_VIEW_ANOMALIES_H

#include "record/anomaly.h"
#include "store/query.h"
#include "view/grid.h"

/* One line for each severity and code. */
void anomalies_overview(FILE *out, const struct grid_style *style, const struct anomaly_overview *overview);

/* One line for each anomaly, in the order in which they come.  kinds: they may be of several; then each says which. */
struct anomalies;
struct anomalies *anomalies_open(FILE *out, const struct grid_style *style, bool kinds);
void anomalies_add(struct anomalies *anomalies, const struct anomaly_record *row);
long anomalies_close(struct anomalies *anomalies); /* how many were printed */

#endif
