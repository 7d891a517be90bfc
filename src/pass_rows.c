/* pass_rows: what becomes of connections, captures and anomalies in the store. */
#include "config.h"

#include <math.h>

#include "base/clock.h"
#include "enrich/geo.h"
#include "pass.h"
#include "record/from_flow.h"
#include "source/source.h"
#include "store/store.h"
#include "track/flow.h"

/* One row for each address, whether the files know it or not: so each is looked up once. */
static bool store_place(struct pass *pass, const struct addr *ip)
{
	struct geo_entry entry = {.latitude = NAN, .longitude = NAN, .asn = CLOCK_NONE};

	if (store_has_address(pass->store, ip))
		return true;
	geo_lookup(pass->options->geo, ip, &entry);
	struct address_record row = {
		.ip = *ip,
		.country = *entry.country ? entry.country : NULL,
		.region = *entry.region ? entry.region : NULL,
		.city = *entry.city ? entry.city : NULL,
		.organisation = *entry.organisation ? entry.organisation : NULL,
		.latitude = entry.latitude,
		.longitude = entry.longitude,
		.asn = entry.asn,
	};
	return store_put_address(pass->store, &row, pass->err);
}

/* What was done, or why not: a watched interface goes on without a row that finds no room. */
bool pass_is_stored(struct pass *pass, bool done)
{
	if (done)
		return true;
	if (pass->options->watch && store_is_full(pass->store))
		pass->full = true;
	else
		pass->failed = true;
	return false;
}

void pass_announce(const struct pass *pass, const struct anomaly_record *row)
{
	const struct pipeline_watch *watch = pass->options->watch;

	if (watch && watch->found && !row->again && row->withdrawn_ns == CLOCK_NONE)
		watch->found(watch->context, row);
}

void pass_store_anomaly(void *context, const struct anomaly_record *found)
{
	struct pass *pass = context;
	struct anomaly_record row = *found;

	pass_announce(pass, found);
	if (!pass->store || pass->failed || pass->full)
		return;
	/* what is of several connections may be of several captures: it stands with the first */
	row.capture_id = pass->captures[row.connection_id == CLOCK_NONE ? 0 : pass->ending->input].id;
	pass_is_stored(pass, store_put_anomaly(pass->store, &row, pass->err));
}

static bool put_flow(struct pass *pass, const struct flow *flow, const struct detect_summary *found)
{
	struct conn_record record;

	record_from_flow(flow, &record, &pass->texts);
	record_anomalies(&record, found->count, found->worst);
	record.capture_id = pass->captures[flow->input].id;
	record.gap_possible |= pass->lost_ns != CLOCK_NONE && pass->lost_ns >= flow->first_ns;
	pass->full = false;
	pass_is_stored(pass, store_put_connection(pass->store, &record, pass->err) &&
				     (!pass->options->geo || (store_place(pass, &record.ip[INITIATOR]) &&
								     store_place(pass, &record.ip[RESPONDER]))));
	pass->ending = flow;
	detect_rows(pass->detect, flow, pass_store_anomaly, pass);
	return !pass->failed && !pass->full;
}

/* Its row and those of what was found of it.  What finds no room in memory makes some, unless the disk does not take it
 * now.  False: not all of them. */
bool pass_store_flow(struct pass *pass, const struct flow *flow, const struct detect_summary *found)
{
	struct err ignored;

	return put_flow(pass, flow, found) ||
	       (pass->full && !pass->store_waits && store_commit(pass->store, &ignored) && put_flow(pass, flow, found));
}

/* An open connection: its row is there before its end, and replaced until then. */
bool pass_take_told(void *context, const struct flow *flow)
{
	struct pass *pass = context;
	struct detect_summary found;

	detect_found(flow, &found);
	return !pass->failed && pass_store_flow(pass, flow, &found);
}

void pass_describe_capture(struct pass *pass, unsigned input, struct capture_record *capture, const char *host)
{
	const struct source_input *in = source_input(pass->options->source, input);
	const struct lost *before = &pass->drops[input].before;

	capture->source = in->name;
	capture->kind = pass->options->watch ? "interface" : "file";
	capture->link_type = in->link_type < 0 ? NULL : source_link_name(in->link_type);
	capture->snap_length = in->snap_length ? in->snap_length : CLOCK_NONE;
	capture->filter = pass->options->filter;
	capture->stack = pass->options->stack.word;
	capture->msl_ms = pass->options->stack.time_wait_ns / 2 / NS_PER_MS;
	capture->program_version = PACKAGE_VERSION;
	capture->host = host;
	capture->fingerprint = in->fingerprint ? (int64_t)in->fingerprint : CLOCK_NONE;
	uint64_t kernel = in->drops - before->kernel, interface = in->interface_drops - before->interface;
	capture->dropped_kernel = kernel || pass->options->watch ? (int64_t)kernel : CLOCK_NONE;
	capture->dropped_interface = pass->options->watch ? (int64_t)interface : CLOCK_NONE;
}
