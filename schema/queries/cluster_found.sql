-- The same as found.sql for ClickHouse, of table anomaly, which has the addresses of its connection.
1
	AND sensor = {sensor}
	AND last_ns >= {since_ns}
	AND first_ns < {before_ns}
	AND (coalesce(initiator_port, 0) = {port} OR coalesce(responder_port, 0) = {port} OR visitParamExtractInt(evidence, 'responder_port') = {port})
	AND (coalesce(initiator_ip, '') = {address} OR coalesce(responder_ip, '') = {address} OR visitParamExtractString(evidence, 'initiator_ip') = {address} OR visitParamExtractString(evidence, 'responder_ip') = {address})
