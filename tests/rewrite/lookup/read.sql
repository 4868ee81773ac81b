SELECT * FROM cf_quere_pro.tipocorreo t
-- becomes
SELECT * FROM esclusa.tipocorreo t
-- hits select of tipocorreo: rewritten

-- A comment directly after an operator does not belong to it.
SELECT tsvtxtid FROM tipositver WHERE tsvid >--three
3
-- becomes
SELECT tsvtxtid FROM esclusa.tipositver WHERE tsvid >--three
3
-- hits select of tipositver: rewritten

SELECT tsvtxtid FROM tipositver WHERE tsvid = $1
-- becomes
SELECT tsvtxtid FROM esclusa.tipositver WHERE tsvid = $1
-- hits select of tipositver: rewritten

-- A view has no key: the columns that depend on it are grouped by too.
SELECT tsvid, tsvtxtid FROM tipositver GROUP BY tsvid
-- becomes
SELECT tsvid, tsvtxtid FROM esclusa.tipositver GROUP BY tsvid, tipositver.tsvtxtid
-- hits select of tipositver: rewritten

SELECT tsvid, count(*) FROM tipositver GROUP BY tsvid HAVING min(tsvtxtid) > 3
-- becomes
SELECT tsvid, count(*) FROM esclusa.tipositver GROUP BY tsvid HAVING min(tsvtxtid) > 3
-- hits select of tipositver: rewritten

-- What a view has not: system columns.
SELECT t.*, ctid FROM tipositver t
-- becomes
SELECT t.tsvid, t.tsvtxtid, esclusa_ctid_0 AS ctid FROM (SELECT (dv_code)::numeric(5,0) AS tsvid, dv_txtid AS tsvtxtid, ctid AS esclusa_ctid_0 FROM esclusa_leaf.tipositver) t
-- hits select of tipositver: rewritten

-- The name of the table as a type.
SELECT NULL::tipositver
-- becomes
SELECT NULL::esclusa.tipositver
-- hits type of tipositver: rewritten

SELECT t.tsvid FROM tipositver t TABLESAMPLE SYSTEM (50)
-- becomes
SELECT t.tsvid FROM (SELECT (dv_code)::numeric(5,0) AS tsvid, dv_txtid AS tsvtxtid FROM esclusa_leaf.tipositver TABLESAMPLE SYSTEM (50)) t 
-- hits select of tipositver: rewritten

SELECT a.tsvid FROM tipositver a JOIN tipositver b USING (tsvid) WHERE a.tsvtxtid <> b.tsvtxtid
-- becomes
SELECT a.tsvid FROM esclusa.tipositver a JOIN esclusa.tipositver b USING (tsvid) WHERE a.tsvtxtid <> b.tsvtxtid
-- hits select of tipositver: rewritten

SELECT * FROM tipositver FOR UPDATE
-- becomes
SELECT * FROM esclusa.tipositver FOR UPDATE
-- hits select of tipositver: rewritten

SELECT (SELECT tsvtxtid FROM tipositver WHERE tsvid = x.n) FROM generate_series(1, 3) x (n)
-- becomes
SELECT (SELECT tsvtxtid FROM esclusa.tipositver WHERE tsvid = x.n) FROM generate_series(1, 3) x (n)
-- hits select of tipositver: rewritten

SELECT * FROM ONLY tipositver
-- becomes
SELECT * FROM ONLY esclusa.tipositver
-- hits select of tipositver: rewritten
