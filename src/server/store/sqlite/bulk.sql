-- Sample tickets by the hundred thousand: ?1 how many, ?2 now, ?3 the first queue's id, ?4 queues, ?5 the first agent's id,
-- ?6 agents, ?7 the last ticket's id. Each statement ends with a semicolon at a line's end. The numbers are fixed by the
-- ticket's number, so two desks of one size are the same.
--
-- Of 1,000: 50 new and nobody's, 100 open and waiting on us, 50 waiting, 20 snoozed, 380 resolved, 400 closed; one in ten has
-- a label; every second has a reply; ten tickets a customer. None turns late within the hour: a desk at rest is measured.
CREATE TEMP TABLE plan AS
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1),
h AS (SELECT n, n * 7919 % 1000 AS r, n * 104729 % 90000 + CASE WHEN n * 104729 % 90000 >= 82800 THEN 7200 ELSE 0 END AS s
    FROM c)
SELECT ?7 + n AS id, n, r,
    CASE WHEN r < 50 THEN 'new' WHEN r < 150 THEN 'open' WHEN r < 200 THEN 'waiting' WHEN r < 220 THEN 'snoozed'
         WHEN r < 600 THEN 'resolved' ELSE 'closed' END AS status,
    ?3 + (n * 31 + n / 1000) % ?4 AS queue,
    CASE WHEN r < 50 OR r % 9 = 0 AND r >= 150 THEN NULL ELSE ?5 + (n * 17 + n / 1000) % ?6 END AS assignee,
    CASE WHEN r < 150 THEN ?2 - s * 1000 ELSE ?2 - 86400000 - (?1 - n) * 30000 END AS born,
    r < 150 AS on_us,
    CASE WHEN r % 10 = 3 THEN 'label' || (n % 20) END AS label,
    n % (?1 / 10 + 1) AS customer,
    CASE n % 11 WHEN 0 THEN '返品と請求書' WHEN 1 THEN 'Refund delayed' WHEN 2 THEN 'Invoice is wrong' WHEN 3 THEN '住所変更のお願い'
         WHEN 4 THEN 'Login broken' WHEN 5 THEN 'Printer question' WHEN 6 THEN 'Urgent shipment' WHEN 7 THEN 'Account closed'
         WHEN 8 THEN '領収書について' WHEN 9 THEN 'Double charge' ELSE 'Parcel never came' END || ' ' || n AS subject
FROM h;
INSERT INTO ticket (id, version, subject, status, priority, queue, assignee, assigned_at, requester_name, requester_email,
    email_key, tel_key, labels, channel, created_at, updated_at, snoozed_until, waiting_since, due_at, on_us, late, messages,
    split_into, imported, touched, held, rank, sort_key)
SELECT id, 1, subject, status, 'normal', queue, assignee, CASE WHEN assignee IS NULL THEN NULL ELSE born END,
    'customer' || customer, 'c' || customer || '@example.net', 'c' || customer || '@example.net', '',
    CASE WHEN label IS NULL THEN '[]' ELSE '["' || label || '"]' END, 'mail', born, born,
    CASE WHEN status = 'snoozed' THEN ?2 + 86400000 END, CASE WHEN on_us THEN born END,
    CASE WHEN on_us THEN born + 86400000 END, on_us, on_us AND born + 86400000 <= ?2, 1 + n % 2, '[]', 1, 0,
    assignee IS NOT NULL,
    CASE WHEN on_us AND born + 86400000 <= ?2 THEN 1 WHEN on_us THEN 2 WHEN status = 'waiting' THEN 3
         WHEN status = 'snoozed' THEN 4 WHEN status = 'resolved' THEN 5 ELSE 6 END,
    CASE WHEN on_us AND born + 86400000 <= ?2 THEN born + 86400000 WHEN on_us THEN born ELSE -born END
FROM plan ORDER BY id;
INSERT INTO ticket_label (label, ticket) SELECT label, id FROM plan WHERE label IS NOT NULL ORDER BY label, id;
INSERT INTO label_tally (queue, label, n) SELECT queue, label, count(*) FROM plan WHERE label IS NOT NULL GROUP BY queue, label
    ON CONFLICT (queue, label) DO UPDATE SET n = n + excluded.n;
INSERT INTO tally (queue, assignee, status, on_us, late, n)
    SELECT queue, coalesce(assignee, 0), status, on_us, on_us AND born + 86400000 <= ?2, count(*) FROM plan GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (queue, assignee, status, on_us, late) DO UPDATE SET n = n + excluded.n;
INSERT INTO message (ticket, number, kind, author_name, author_email, at, subject, to_list, cc_list, bcc_list, from_html,
    created_at, text)
SELECT id, 1, 'incoming', 'customer' || customer, 'c' || customer || '@example.net', born, subject, '[]', '[]', '[]', 0, born,
    'Hello, this is about order ' || (n * 37 % 100000) || '. ' || subject || '. Please tell me what happens next.' || char(10)
    || 'I wrote to you before and nobody answered. 先日の件についてご確認ください。' || char(10) || 'Thank you, customer' || customer
FROM plan ORDER BY id;
INSERT INTO message (ticket, number, kind, author_name, author_email, agent, at, to_list, cc_list, bcc_list, from_html, delivery,
    created_at, text)
SELECT id, 0, 'reply', 'Agent', 'agent@desk.example', coalesce(assignee, ?5), born - 1000, '[]', '[]', '[]', 0, 'none', born - 1000,
    'We looked into it and will come back to you.'
FROM plan WHERE n % 2 = 1 ORDER BY id;
UPDATE message SET number = number + 1 WHERE ticket IN (SELECT id FROM plan WHERE n % 2 = 1);
INSERT INTO event (ticket, at, what, to_text, queue) SELECT id, born, 'new', subject, queue FROM plan ORDER BY id;
