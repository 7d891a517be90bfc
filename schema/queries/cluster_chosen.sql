-- The same as chosen.sql for ClickHouse, of table connection without a name.
1
	AND sensor = {sensor}
	AND last_ns >= {since_ns}
	AND first_ns < {before_ns}
	AND (initiator_port = {port} OR responder_port = {port})
	AND (initiator_ip = {address} OR responder_ip = {address})
