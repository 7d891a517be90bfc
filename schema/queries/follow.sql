-- For whoever follows a database: :open are ids of connections that were open, :seen the highest id there was.  Those of
-- them that are over, or gone; those that are open now; the highest id.
WITH
	known AS (SELECT value AS id FROM json_each(:open)),
	ended AS (
		SELECT id FROM known
		WHERE NOT EXISTS (SELECT 1 FROM connection AS c WHERE c.id = known.id AND c.outcome = 'open')
	)
SELECT
	(SELECT json_group_array(id) FROM ended),
	(
		SELECT json_group_array(id)
		FROM (
			SELECT id FROM known WHERE id NOT IN (SELECT id FROM ended)
			UNION ALL
			SELECT id FROM connection WHERE id > :seen AND outcome = 'open'
		)
	),
	(SELECT max(id) FROM connection);
