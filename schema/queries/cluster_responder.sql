concat(if(position(responder_ip, ':') > 0, concat('[', responder_ip, ']'), responder_ip), ':', toString(responder_port))
