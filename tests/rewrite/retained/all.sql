-- The table stays and has two columns more, which no star may show.
SELECT * FROM hispolcontar
-- becomes
SELECT * FROM (SELECT hpctexpid AS hpctexpid, hpctcptoid AS hpctcptoid, hpctttarid AS hpctttarid, hpctcnttnum AS hpctcnttnum, hpctfecini AS hpctfecini, hpctfecfin AS hpctfecfin, hpcthstusu AS hpcthstusu, hpcthsthora AS hpcthsthora, hpcthstmodif AS hpcthstmodif FROM cf_quere_pro.hispolcontar) AS hispolcontar
-- hits select of hispolcontar: rewritten

SELECT hpctexpid FROM hispolcontar WHERE hpctfecini = $1
-- becomes
-- the same
-- hits select of hispolcontar: rewritten

SELECT h.* FROM hispolcontar h JOIN polcontar p ON p.pctexpid = h.hpctexpid
-- becomes
SELECT h.* FROM (SELECT hpctexpid AS hpctexpid, hpctcptoid AS hpctcptoid, hpctttarid AS hpctttarid, hpctcnttnum AS hpctcnttnum, hpctfecini AS hpctfecini, hpctfecfin AS hpctfecfin, hpcthstusu AS hpcthstusu, hpcthsthora AS hpcthsthora, hpcthstmodif AS hpcthstmodif FROM cf_quere_pro.hispolcontar) h JOIN polcontar p ON p.pctexpid = h.hpctexpid
-- hits select of hispolcontar: rewritten

-- Who names them gets them.
SELECT hst_id, hpctexpid FROM hispolcontar
-- becomes
-- the same
-- hits select of hispolcontar: rewritten

INSERT INTO hispolcontar VALUES (1, 2, 3, 4, '2026-01-01', NULL, 'ana', now(), 'A')
-- becomes
-- the same
-- hits insert of hispolcontar: rewritten

INSERT INTO hispolcontar (hpctexpid, hpctcptoid, hpctttarid, hpctcnttnum, hpctfecini, hpcthstusu, hpcthstmodif) SELECT * FROM other
-- becomes
-- the same
-- hits insert of hispolcontar: rewritten

UPDATE hispolcontar SET hpctfecfin = NULL WHERE hpctexpid = 1 RETURNING *
-- becomes
UPDATE hispolcontar SET hpctfecfin = NULL WHERE hpctexpid = 1 RETURNING hispolcontar.hpctexpid, hispolcontar.hpctcptoid, hispolcontar.hpctttarid, hispolcontar.hpctcnttnum, hispolcontar.hpctfecini, hispolcontar.hpctfecfin, hispolcontar.hpcthstusu, hispolcontar.hpcthsthora, hispolcontar.hpcthstmodif
-- hits update of hispolcontar: rewritten

DELETE FROM hispolcontar WHERE hpctexpid = 1
-- becomes
-- the same
-- hits delete of hispolcontar: rewritten

COPY hispolcontar TO STDOUT
-- becomes
COPY (SELECT hpctexpid, hpctcptoid, hpctttarid, hpctcnttnum, hpctfecini, hpctfecfin, hpcthstusu, hpcthsthora, hpcthstmodif FROM cf_quere_pro.hispolcontar) TO STDOUT
-- hits copy to of hispolcontar: rewritten

COPY hispolcontar FROM STDIN
-- becomes
COPY hispolcontar (hpctexpid, hpctcptoid, hpctttarid, hpctcnttnum, hpctfecini, hpctfecfin, hpcthstusu, hpcthsthora, hpcthstmodif) FROM STDIN
-- hits copy from of hispolcontar: rewritten

TRUNCATE hispolcontar
-- becomes
-- the same
-- hits truncate of hispolcontar: rewritten

ALTER TABLE hispolcontar ADD COLUMN x int
-- becomes
-- the same
-- hits alter of hispolcontar: rewritten
