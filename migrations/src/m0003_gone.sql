-- What is sold out again is said where it was told.

-- a variant that this restock brought back is out again: alerts that told of it may have to say so (µs); NULL: nothing to look at
ALTER TABLE restock ADD COLUMN gone_check_at BIGINT;
CREATE INDEX restock_gone ON restock (gone_check_at) WHERE gone_check_at IS NOT NULL;
