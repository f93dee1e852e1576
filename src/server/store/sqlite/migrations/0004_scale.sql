-- Reports read these indexes alone, whatever the tickets weigh.
DROP INDEX ticket_created;
CREATE INDEX ticket_created ON ticket (created_at, queue, status, merged_into);
DROP INDEX message_replies;
CREATE INDEX message_replies ON message (at, agent, ticket) WHERE kind = 'reply';
