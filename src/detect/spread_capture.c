/* spread_capture: detectors of what is wrong with the capture as a whole. */
#include "detect/many.h"

/* anomaly: capture-drop
 * tier:     1
 * on:       capture
 * side:     -
 * severity: warning
 * rule:     fact
 * rfc:      -
 * evidence: packets lost packets in this time, as the capture itself tells
 * title:    the capture has lost packets
 * seen:     the counter of lost packets rose, live or in the statistics of the file
 * means:    what is missing is missing in the capture, and not on the wire: findings of this time are less sure
 * check:    a larger buffer (-B), a shorter snap length, a filter; a faster disk
 */
void spread_drops(struct spread *s, int64_t time_ns, uint64_t packets)
{
	static const struct talker_key capture;

	if (!packets || time_ns == CLOCK_NONE)
		return;
	if (time_ns > s->now_ns)
		spread_wake(s, time_ns);
	s->dropped = many_is_open(s, ANOMALY_capture_drop, &capture) ? s->dropped + packets : packets;
	if (s->dropped == packets)
		s->dropped_first_ns = time_ns;
	s->drop_ns = s->now_ns;
	many_raise(s, &(struct many_finding){ANOMALY_capture_drop, &capture, NEITHER, CONFIDENCE_SURE, s->dropped,
			      s->dropped_first_ns, MANY_EVIDENCE(MANY_NUMBER("packets", s->dropped))});
}

/* anomaly: time-backwards
 * tier:     2
 * on:       capture
 * side:     -
 * severity: warning
 * rule:     fact
 * rfc:      -
 * option:   time-backwards 1ms packets that are so much older than the one before them
 * evidence: steps how often
 * evidence: longest_us longest step
 * evidence: longest_packet packet behind it
 * title:    times of packets go back
 * seen:     a packet is older than the one before it
 * means:    several queues or interfaces were captured without being put in order, or the clock was set: round trips
 *           and gaps of this time are wrong
 * check:    reorder the file (reordercap); does the capturing host step its clock? one capture queue, or hardware times
 */
void spread_back(struct spread *s, int64_t time_ns, int64_t back_ns, uint64_t packet)
{
	static const struct talker_key capture;

	if (back_ns <= s->limits.value[LIMIT_time_backwards])
		return;
	if (!s->steps_back++)
		s->back_first_ns = time_ns;
	if (back_ns > s->longest_back_ns) {
		s->longest_back_ns = back_ns;
		s->longest_back_packet = packet;
	}
	many_raise(s, &(struct many_finding){ANOMALY_time_backwards, &capture, NEITHER, CONFIDENCE_SURE, s->steps_back,
			      s->back_first_ns,
			      MANY_EVIDENCE(MANY_NUMBER("steps", s->steps_back),
				      MANY_NUMBER("longest_us", s->longest_back_ns / NS_PER_US),
				      MANY_NUMBER("longest_packet", s->longest_back_packet))});
}

/* anomaly: snaplen-cut
 * tier:     2
 * on:       capture
 * side:     -
 * severity: info
 * rule:     fact
 * rfc:      -
 * evidence: connections in which that happened
 * evidence: again_bytes octets that were sent more than once there
 * title:    content could not be compared
 * seen:     octets that were sent more than once, in packets of which the capture has the beginning only
 * means:    a snap length was set, so that neither checksums nor the content of repeated octets could be checked: an
 *           overlap-conflict would go unnoticed.  States, times and counts are not concerned (the column truncated
 *           marks every connection with packets that were cut)
 * check:    capture with -s 0 where content matters
 */
void capture_cut(struct spread *s, const struct flow *flow)
{
	static const struct talker_key capture;
	int64_t again = flow->endpoint[INITIATOR].stream.again_bytes + flow->endpoint[RESPONDER].stream.again_bytes;

	if (!again)
		return;
	s->cut_bytes += (uint64_t)again;
	many_raise(s,
		&(struct many_finding){ANOMALY_snaplen_cut, &capture, NEITHER, CONFIDENCE_SURE, ++s->cut,
			flow->first_ns,
			MANY_EVIDENCE(MANY_NUMBER("connections", s->cut), MANY_NUMBER("again_bytes", s->cut_bytes))});
}
