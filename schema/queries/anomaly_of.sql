-- In place of anomaly_fits, where those of one connection are asked for: the index leads to them.
a.connection_id BETWEEN :lowest_id AND :highest_id
	AND (:withdrawn OR a.withdrawn_ns IS NULL)
