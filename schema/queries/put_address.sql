INSERT OR REPLACE INTO address (ip, country, region, city, latitude, longitude, asn, organisation)
VALUES (:ip, :country, :region, :city, :latitude, :longitude, :asn, :organisation);
