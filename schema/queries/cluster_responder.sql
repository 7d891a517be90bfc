-- The endpoint of the responder, as view connection_named has it.
concat(if(position(responder_ip, ':') > 0, concat('[', responder_ip, ']'), responder_ip), ':', toString(responder_port))
