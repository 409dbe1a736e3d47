DROP INDEX delivery_text_taken;
DROP INDEX destination_unverified;
