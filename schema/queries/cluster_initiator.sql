concat(if(position(initiator_ip, ':') > 0, concat('[', initiator_ip, ']'), initiator_ip), ':', toString(initiator_port))
