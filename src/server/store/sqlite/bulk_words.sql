SELECT id, CASE n % 11 WHEN 0 THEN '返品 品と と請 請求 求書 書' WHEN 1 THEN 'refund delayed'
    WHEN 2 THEN 'invoice is wrong' WHEN 3 THEN '住所 所変 変更 更の のお お願 願い い' WHEN 4 THEN 'login broken' WHEN 5 THEN 'printer question'
    WHEN 6 THEN 'urgent shipment' WHEN 7 THEN 'account closed' WHEN 8 THEN '領収 収書 書に につ つい いて て' WHEN 9 THEN 'double charge'
    ELSE 'parcel never came' END || ' ' || n || ' customer' || customer || ' c' || customer || ' example net hello this is about order '
    || (n * 37 % 100000) || ' please tell me what happens next i wrote to you before and nobody answered 先日 日の の件 件に につ thank you'
FROM plan WHERE id / 65536 = 