-- Look-ups read, a history written, a look-up's row made and taken back.
\set id random(0, 11)
\set own 700 + :client_id
SELECT tofid, tofsnpresen FROM cf_quere_pro.tipooficina WHERE tofid = :id;
SELECT count(*) AS n FROM cf_quere_pro.histipooficina WHERE htofid = :id AND htofhstusu <> 'pgbench' \gset
BEGIN;
INSERT INTO cf_quere_pro.histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) VALUES (:id, 'n = ' || :n, 'S', 'N', 'pgbench', '2024-02-29', 'es');
INSERT INTO cf_quere_pro.tipositver (tsvid, tsvtxtid) VALUES (:own, :id);
UPDATE cf_quere_pro.tipositver SET tsvtxtid = tsvtxtid + 1 WHERE tsvid = :own;
SELECT tsvtxtid - :id AS one FROM cf_quere_pro.tipositver WHERE tsvid = :own \aset
DELETE FROM cf_quere_pro.tipositver WHERE tsvid = :own;
END;
