-- When agents, queues or members last changed, as a number of the event log that no ticket's event bears: a stream that stands
-- before it loads everything again.
CREATE TABLE desk (roster BIGINT NOT NULL);
INSERT INTO desk (roster) VALUES (0);
INSERT INTO sqlite_sequence (name, seq) SELECT 'event', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event');
