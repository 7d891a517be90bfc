#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	conn
#open	2026-09-21-14-13-20
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	local_orig	local_resp	missed_bytes	history	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes	tunnel_parents	ip_proto
#types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	bool	bool	count	string	count	count	count	count	set[string]	count
1790000000.010000	CLoS9V3ddPdJ6bUob	192.0.2.10	40000	198.51.100.20	4999	tcp	-	0.990000	0	50	SHR	T	T	0	^hadf	0	0	4	210	-	6
#close	2026-09-21-14-13-21
