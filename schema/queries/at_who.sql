	, c.initiator_ip, c.initiator_port, c.responder_ip, c.responder_port, c.outcome
