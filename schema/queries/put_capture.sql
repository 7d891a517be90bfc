-- A capture without an id gets the next one; one with an id is replaced.
INSERT OR REPLACE INTO capture (
	id, source, kind, link_type, snap_length, filter, stack, msl_ms, program_version, host, fingerprint,
	first_ns, last_ns, read_ns, packets, bytes, tcp_packets, tcp_bytes, not_tcp_packets, not_tcp_bytes,
	fragment_packets, fragment_bytes, truncated_packets, truncated_bytes, malformed_packets,
	malformed_bytes, unsupported_link_packets, unsupported_link_bytes, too_deep_packets,
	too_deep_bytes, filtered_packets, filtered_bytes, dropped_kernel, dropped_interface, time_back,
	connections, end_reason
) VALUES (
	:id, :source, :kind, :link_type, :snap_length, :filter, :stack, :msl_ms, :program_version, :host,
	:fingerprint, :first_ns, :last_ns, :read_ns, :packets, :bytes, :tcp_packets, :tcp_bytes,
	:not_tcp_packets, :not_tcp_bytes, :fragment_packets, :fragment_bytes, :truncated_packets,
	:truncated_bytes, :malformed_packets, :malformed_bytes, :unsupported_link_packets,
	:unsupported_link_bytes, :too_deep_packets, :too_deep_bytes, :filtered_packets, :filtered_bytes,
	:dropped_kernel, :dropped_interface, :time_back, :connections, :end_reason
);
