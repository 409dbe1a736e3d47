DROP INDEX restock_gone;
ALTER TABLE restock DROP COLUMN gone_check_at;
