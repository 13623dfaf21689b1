-- connection: shop_db
-- primary_key: [warehouse_id, sku]
-- What is on the shelves.
SELECT warehouse_id, sku, quantity, counted_at
FROM stock
WHERE quantity > 0;
