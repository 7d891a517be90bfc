#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	conn
#open	2026-09-21-14-13-20
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	local_orig	local_resp	missed_bytes	history	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes	tunnel_parents	ip_proto
#types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	bool	bool	count	string	count	count	count	count	set[string]	count
1790000000.000000	C8PLtfmcsRbOv7GlE	192.0.2.10	40000	198.51.100.20	80	tcp	-	1.010000	0	0	SF	T	T	0	ShAFf	4	160	3	120	-	6
1790000009.000000	Czag7yI1joeyMr4AV	192.0.2.10	40000	198.51.100.20	80	tcp	-	-	-	-	OTH	T	T	0	A	1	40	0	0	-	6
#close	2026-09-21-14-13-29
