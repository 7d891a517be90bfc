#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	conn
#open	2026-09-21-14-13-20
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	local_orig	local_resp	missed_bytes	history	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes	tunnel_parents	ip_proto
#types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	bool	bool	count	string	count	count	count	count	set[string]	count
1790000000.000000	CtJL2pZsdCU0eRkg1	2001:db8::10	40000	2001:db8:1::20	80	tcp	-	1.020000	1	700	SF	T	T	0	ShADdFaf	6	373	4	952	-	6
#close	2026-09-21-14-13-21
