LIMIT {rows}
