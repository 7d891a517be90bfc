c.id BETWEEN :lowest_id AND :highest_id
