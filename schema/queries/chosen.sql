-- Does connection c of a question fit what it was narrowed to?  In place of chosen in braces.  A line with a parameter
-- that was not given is left out; of a view only the first one stays.
TRUE
	AND c.last_ns >= :since_ns
	AND c.first_ns < :before_ns
	AND (c.initiator_port = :port OR c.responder_port = :port)
	AND (c.initiator_ip = :address OR c.responder_ip = :address)
	AND (in_prefix(c.initiator_ip, :network, :bits) OR in_prefix(c.responder_ip, :network, :bits))
