-- Several statements in one text: each is decided about on its own.
SELECT 1; SELECT * FROM tipositver; DELETE FROM tipocorreo WHERE tipctipo = 3
-- becomes
SELECT 1; SELECT * FROM esclusa.tipositver; DELETE FROM esclusa_leaf.tipocorreo AS tipocorreo WHERE (tipocorreo.dv_code)::numeric(5,0) = 3
-- hits select of tipositver: rewritten, delete of tipocorreo: rewritten

-- Names are followed from statement to statement.
SET search_path = other; SELECT * FROM tipositver
-- becomes
-- the same
-- hits

SET search_path = cf_quere_pro; SELECT * FROM tipositver
-- becomes
SET search_path = cf_quere_pro; SELECT * FROM esclusa.tipositver
-- hits select of tipositver: rewritten

-- What only the server can tell is not guessed at.
RESET search_path; SELECT * FROM tipositver
-- becomes
-- refused 0A000: "tipositver" cannot be looked up: what it means may have been changed in the same message
-- hits select of tipositver: refused

-- A temporary table hides the legacy one.
CREATE TEMP TABLE tipositver (tsvid int); SELECT * FROM tipositver
-- becomes
-- the same
-- hits

-- What has the name in another schema is no legacy table.
CREATE TABLE public.tipositver (tsvid int, CHECK (tsvid > 0) NO INHERIT); SELECT * FROM cf_quere_pro.tipositver
-- becomes
CREATE TABLE public.tipositver (tsvid int, CHECK (tsvid > 0) NO INHERIT); SELECT * FROM esclusa.tipositver
-- hits select of tipositver: rewritten

-- Two kinds in one statement.
SELECT * FROM histipooficina h JOIN tipositver t ON t.tsvid = h.htofid JOIN tipfacgasrec g ON g.tfgrmfid = t.tsvid
-- becomes
SELECT * FROM esclusa.histipooficina h JOIN esclusa.tipositver t ON t.tsvid = h.htofid JOIN esclusa.tipfacgasrec g ON g.tfgrmfid = t.tsvid
-- hits select of histipooficina: rewritten, select of tipositver: rewritten, select of tipfacgasrec: rewritten

-- What is not understood goes to the view, and is counted as opaque.
SELECT * FROM tipositver WHERE
-- becomes
-- the same
-- hits mention of tipositver: opaque

DO $$ BEGIN PERFORM * FROM tipositver; END $$
-- becomes
-- the same
-- hits mention of tipositver: opaque

-- Statements that the parser does not know, with the unknown taken out.
WITH RECURSIVE t (n) AS (SELECT tsvid FROM tipositver UNION ALL SELECT n + 1 FROM t WHERE n < 9) SEARCH DEPTH FIRST BY n SET o SELECT * FROM t
-- becomes
WITH RECURSIVE t (n) AS (SELECT tsvid FROM esclusa.tipositver UNION ALL SELECT n + 1 FROM t WHERE n < 9) SEARCH DEPTH FIRST BY n SET o SELECT * FROM t
-- hits select of tipositver: rewritten

SELECT xmlelement(name row, tsvid) FROM tipositver
-- becomes
SELECT xmlelement(name row, tsvid) FROM esclusa.tipositver
-- hits select of tipositver: rewritten

SELECT * FROM ROWS FROM (generate_series(1, 2)) AS x, tipositver
-- becomes
SELECT * FROM ROWS FROM (generate_series(1, 2)) AS x, esclusa.tipositver
-- hits select of tipositver: rewritten

SET CONSTRAINTS ALL DEFERRED
-- becomes
-- the same
-- hits

SELECT U&"tipositv\0065r" FROM tipositver
-- becomes
SELECT U&"tipositv\0065r" FROM esclusa.tipositver
-- hits select of tipositver: rewritten
