CREATE VIEW {name} AS
{question}
