DROP INDEX delivery_tried;
DROP INDEX delivery_of_text;
DROP INDEX delivery_texted;
ALTER TABLE delivery DROP COLUMN put_off_until;
