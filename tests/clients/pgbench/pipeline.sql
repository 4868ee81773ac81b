-- The same, and much that has nothing to do with it, before one Sync.
\set id random(0, 11)
\set own 700 + :client_id
\startpipeline
BEGIN;
SELECT 1;
SELECT tofid, tofsnpresen FROM cf_quere_pro.tipooficina WHERE tofid = :id;
INSERT INTO cf_quere_pro.histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) VALUES (:id, 'pipeline', 'S', 'N', 'pgbench', '2024-02-29', 'es');
SELECT relname FROM pg_class ORDER BY 1;
INSERT INTO cf_quere_pro.tipositver (tsvid, tsvtxtid) VALUES (:own, :id);
UPDATE cf_quere_pro.tipositver SET tsvtxtid = tsvtxtid + 1 WHERE tsvid = :own;
DELETE FROM cf_quere_pro.tipositver WHERE tsvid = :own;
SELECT htofdescri FROM cf_quere_pro.histipooficina WHERE htofid = :id ORDER BY 1 LIMIT 20;
COMMIT;
\endpipeline
\startpipeline
SELECT tvalcod FROM cf_quere_pro.tipvalvula;
\endpipeline
