//! GROUP BY the primary key of a history, which has its stamp among its columns: the others follow from it.

use esclusa::mode::Mode;

use crate::common::Bed;
use crate::common::proxy::{Proxy, direct};

const DDL: &str = "CREATE TABLE hispk (id numeric(5,0), txt varchar(20), hora timestamp, PRIMARY KEY (id, hora));
    INSERT INTO hispk SELECT i % 3, 'texto ' || i, timestamp '2026-03-05 10:00' + i * interval '1 hour' FROM generate_series(1, 9) i;";

#[tokio::test]
async fn by_a_key_with_its_stamp() {
    let legacy = Bed::new(DDL).await;
    let mut bed = Bed::new(DDL).await;
    bed.rule("hispk", "history", "{ base = 'base', time = 'hora' }", "{ columns = ['id'] }").await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["hispk"], Mode::Rewrite).await;
    let (mut old, mut new) = (direct(&legacy).await, proxy.client(&bed).await);
    for sql in [
        "SELECT h.* FROM hispk h GROUP BY id, hora ORDER BY hora",
        "SELECT txt, count(*) FROM hispk GROUP BY hora, id HAVING txt > 'texto 3' ORDER BY id, hora",
        "SELECT h.txt, max(g.id) FROM hispk h JOIN hispk g ON g.id = h.id GROUP BY h.id, h.hora ORDER BY h.hora",
        "SELECT row_to_json(h) FROM hispk h GROUP BY h.id, h.hora ORDER BY h.hora",
        // Not by a part of it.
        "SELECT txt FROM hispk GROUP BY id",
    ] {
        assert_eq!(new.query(sql).await, old.query(sql).await, "{sql}");
    }
    assert!(new.query("SELECT txt FROM hispk GROUP BY id, hora").await.contains("[SELECT 9]"));
}
