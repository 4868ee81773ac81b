//! The plan's definition of done (section 7), each line with its evidence from the target database. What software cannot know, such as the outcome
//! of AQUASIS' own test suite, is left open, with the evidence that there is instead.

use crate::table::ColumnType::{Bool, Text};
use crate::table::Columns;

pub(super) const DONE: Columns = &[("criterion", Text), ("met", Bool), ("evidence", Text)];

/// Leaves are found by their parent tables; a legacy table counts as dropped when it is neither under its name nor in the archive.
pub(super) const DONE_SQL: &str = ", parent AS (SELECT c.oid, c.relname, c.relnamespace FROM pg_class AS c
            WHERE c.relname IN ('audit_log', 'domain_value', 'domain_value_link') AND c.relkind = 'p'),
    leaf AS (SELECT p.relname AS target, c.relname::text AS name, p.relnamespace AS schema,
            NOT EXISTS (SELECT FROM pg_class AS t WHERE t.relname = c.relname AND t.relkind IN ('r', 'p')
                AND t.relnamespace IN (p.relnamespace, to_regnamespace('mig_old'))) AS dropped,
            EXISTS (SELECT FROM pg_class AS v WHERE v.relname = c.relname AND v.relkind = 'v' AND v.relnamespace = p.relnamespace) AS has_view
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN parent AS p ON p.oid = i.inhparent
        WHERE c.relnamespace = to_regnamespace('esclusa_leaf')),
    home AS (SELECT coalesce((SELECT relnamespace FROM parent WHERE relname = 'audit_log' LIMIT 1), 0) AS schema),
    number AS (SELECT (SELECT count(*) FROM leaf WHERE target = 'audit_log') AS histories,
        (SELECT count(*) FROM leaf WHERE target = 'audit_log' AND dropped) AS histories_dropped,
        (SELECT count(*) FROM leaf WHERE target = 'domain_value') AS domains,
        (SELECT count(*) FROM leaf WHERE target = 'domain_value_link') AS links,
        (SELECT count(*) FROM leaf WHERE target <> 'audit_log' AND dropped) AS lookups_dropped,
        (SELECT count(*) FROM leaf WHERE NOT has_view) AS without_view,
        (SELECT count(*) FROM pg_class, home WHERE relnamespace = home.schema AND relkind IN ('r', 'p') AND NOT relispartition) AS tables,
        (SELECT count(DISTINCT a.attrelid) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid, home
            WHERE c.relnamespace = home.schema AND c.relkind IN ('r', 'p') AND a.attname = 'hst_id' AND NOT a.attisdropped) AS retained,
        (SELECT count(*) FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhparent WHERE p.relname = 'audit_log_live') AS months,
        (SELECT count(*) FROM pg_trigger WHERE tgname ~ '^trg_audit_' AND tgenabled <> 'D' AND NOT tgisinternal) AS triggers,
        (SELECT coalesce(sum(hits), 0)::bigint FROM esclusa.hit_total WHERE sqlstate <> '' AND sqlstate !~ '^(23|40)' AND last_seen > clock_timestamp() - interval '48 h') AS failed,
        (SELECT coalesce(sum(us), 0) / 3600000000 FROM esclusa.covered_hour WHERE bucket > clock_timestamp() - interval '49 h') AS hours,
        (SELECT coalesce(sum(equal + different), 0)::bigint FROM esclusa.shadow) AS compared,
        (SELECT coalesce(sum(different), 0)::bigint FROM esclusa.shadow) AS different),
    counted AS (SELECT fingerprint, form, class, sum(hits) AS hits FROM latencies GROUP BY 1, 2, 3),
    reached AS (SELECT *, sum(hits) OVER (PARTITION BY fingerprint, form ORDER BY class) AS below, sum(hits) OVER (PARTITION BY fingerprint, form) AS whole FROM counted),
    middle AS (SELECT fingerprint, form, max(whole) AS whole, min(class) FILTER (WHERE below >= 0.5 * whole) AS class FROM reached GROUP BY 1, 2),
    pair AS (SELECT power(1.1, max(class) FILTER (WHERE form = 'rewritten') - max(class) FILTER (WHERE form = 'legacy')) AS ratio
        FROM middle GROUP BY fingerprint
        HAVING max(whole) FILTER (WHERE form = 'legacy') >= 100 AND max(whole) FILTER (WHERE form = 'rewritten') >= 100)
    SELECT line.criterion, line.met, line.evidence FROM number, LATERAL (VALUES
        ('«audit_log deployed, partitioned, and receiving live audit data|audit_log en servicio, particionada y recibiendo auditoría en vivo»', months >= 24 AND triggers > 0,
            format('«%s months have a partition, %s audit triggers fire|%s meses tienen partición, %s disparadores de auditoría activos»', months, triggers)),
        ('«120-150 low-volume histories migrated to audit_log and dropped|120-150 históricos de bajo volumen migrados a audit_log y eliminados»', histories >= 120 AND histories_dropped = histories,
            format('«%s moved, %s of them dropped|%s movidas, %s de ellas eliminadas»', histories, histories_dropped)),
        ('«18 high-value histories retained with structural improvements|18 históricos de alto valor conservados con mejoras de estructura»', retained >= 18, format('«%s have hst_id|%s tienen hst_id»', retained)),
        ('«domain_value deployed with all 41 look-up domains|domain_value en servicio con los 41 dominios de catálogo»', domains >= 41, format('«%s domains|%s dominios»', domains)),
        ('«domain_value_link deployed with 10 junction tables|domain_value_link en servicio con 10 tablas de relación»', links >= 10, format('«%s junction tables|%s tablas de relación»', links)),
        ('«51 look-up and junction tables migrated and dropped|51 tablas de catálogo y de relación migradas y eliminadas»', domains + links >= 51 AND lookups_dropped = domains + links,
            format('«%s moved, %s of them dropped|%s movidas, %s de ellas eliminadas»', domains + links, lookups_dropped)),
        ('«All moved tables have backward-compatible views|Todas las tablas movidas tienen vistas compatibles»', without_view = 0, format('«%s of %s have none|%s de %s no tienen»', without_view, histories + domains + links)),
        ('«Total table count reduced from ~1,470 to ~1,150|Total de tablas reducido de ~1,470 a ~1,150»', tables <= 1170, format('«%s tables; each that is dropped is one less|%s tablas; cada una que se elimina es una menos»', tables)),
        ('«AQUASIS regression test suite passes at 100 %|La suite de regresión de AQUASIS pasa al 100 %»', NULL,
            format('«not for esclusa to say; mode shadow has compared %s reads, and %s differed|no lo puede decir esclusa; el modo shadow comparó %s lecturas, y %s difirieron»', compared, different)),
        ('«No application errors for 48 hours|Sin errores de aplicación durante 48 horas»', failed = 0 AND hours >= 47,
            format('«%s statements on legacy names have failed; %s of 48 hours were recorded|%s sentencias sobre nombres heredados fallaron; se registraron %s de 48 horas»', failed, round(least(hours, 48)))),
        ('«Query performance within 20 % of the baseline|Rendimiento de consultas dentro del 20 % de la línea base»', (SELECT count(*) > 0 AND bool_and(ratio <= 1.2) FROM pair),
            (SELECT format('«%s statements were measured in both forms, %s of them are slower by more|%s sentencias se midieron en ambas formas, %s de ellas son más lentas que eso»', count(*), count(*) FILTER (WHERE ratio > 1.2)) FROM pair)),
        ('«Documentation and domain registries completed|Documentación y registros de dominios completos»', NULL, '«`esclusa registry` writes them from the rules; a person reviews them|`esclusa registry` los escribe a partir de las reglas; una persona los revisa»')
    ) AS line(criterion, met, evidence)";
