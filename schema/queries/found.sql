-- The same of anomaly a, whose connection c may be none: what is of several names them in its evidence.
TRUE
	AND a.last_ns >= :since_ns
	AND a.first_ns < :before_ns
	AND :port IN (c.initiator_port, c.responder_port, json_extract(a.evidence, '$.responder_port'))
	AND :address IN (c.initiator_ip, c.responder_ip, json_extract(a.evidence, '$.initiator_ip'), json_extract(a.evidence, '$.responder_ip'))
	AND (in_prefix(c.initiator_ip, :network, :bits) OR in_prefix(c.responder_ip, :network, :bits) OR in_prefix(json_extract(a.evidence, '$.initiator_ip'), :network, :bits) OR in_prefix(json_extract(a.evidence, '$.responder_ip'), :network, :bits))
