-- The customer code of a shop, beside address and number. Few tickets bear one, so the indexes hold only these.
ALTER TABLE ticket ADD COLUMN requester_code TEXT;
ALTER TABLE ticket ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
CREATE INDEX ticket_code ON ticket (code_key, created_at, id) WHERE code_key <> '';
CREATE INDEX ticket_known ON ticket (email_key, id) WHERE code_key <> '';
