-- Those that ended in an unusual way, or have not.
CREATE INDEX IF NOT EXISTS connection_outcome ON connection (outcome);
