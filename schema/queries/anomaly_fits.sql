-- Does anomaly a fit the filter, with its connection c, and the addresses i and r of that?  Its times must lie in the
-- span that is asked for, too.  What is about several connections together names whom in its evidence; it fits where
-- nothing else is asked of connections (:any).
(:anomaly IS NULL OR a.code = :anomaly)
	AND (:withdrawn OR a.withdrawn_ns IS NULL)
	AND (:severity IS NULL OR a.severity IN (SELECT value FROM json_each(:severity)))
	AND (:since_ns IS NULL OR a.last_ns >= :since_ns)
	AND (:before_ns IS NULL OR a.first_ns < :before_ns)
	AND iif(a.connection_id IS NULL,
		:any
			AND (:first_capture IS NULL OR a.capture_id >= :first_capture)
			AND (:host IS NULL OR in_prefix(json_extract(a.evidence, '$.initiator_ip'), :host, :host_bits)
				OR in_prefix(json_extract(a.evidence, '$.responder_ip'), :host, :host_bits))
			AND (:port IS NULL OR json_extract(a.evidence, '$.responder_port') = :port),
		{fits})
