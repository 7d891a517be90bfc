-- The step of the schema that the database has.
SELECT user_version FROM pragma_user_version;
