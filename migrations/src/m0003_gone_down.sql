DROP INDEX drop_gone;
ALTER TABLE "drop" DROP COLUMN gone_check_at;
