LIMIT :limit
