DROP INDEX shop_ailing;
DROP INDEX source_ailing;
DROP INDEX source_of_shop;
CREATE INDEX source_of_shop ON source (shop_id);
