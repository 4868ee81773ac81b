//! The frontend messages (PostgreSQL manual, section 55.7), built by hand: what a test sends must be exactly what it says.

/// Protocol 3.0, 3.2, and one that nobody knows.
pub(crate) const V3_0: u32 = 196_608;
pub(crate) const V3_2: u32 = 196_610;
pub(crate) const V3_99: u32 = 196_707;

pub(crate) const CANCEL: u32 = 80_877_102;
pub(crate) const TLS: u32 = 80_877_103;
pub(crate) const GSS: u32 = 80_877_104;

/// A frame with a tag.
pub(crate) fn frame(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[tag][..], &(body.len() as u32 + 4).to_be_bytes(), &body].concat()
}

/// A packet before log-in.
pub(crate) fn packet(code: u32, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], &code.to_be_bytes(), body].concat()
}

/// A start-up packet.
pub(crate) fn startup(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parameters.iter().flat_map(|(name, value)| [name, value]) {
        body.extend_from_slice(part.as_bytes());
        body.push(0);
    }
    body.push(0);
    packet(version, &body)
}

pub(crate) fn query(sql: impl AsRef<[u8]>) -> Vec<u8> {
    frame(b'Q', &[sql.as_ref(), &[0]])
}

pub(crate) fn parse(name: &str, sql: impl AsRef<[u8]>, types: &[u32]) -> Vec<u8> {
    let oids: Vec<u8> = types.iter().flat_map(|t| t.to_be_bytes()).collect();
    frame(b'P', &[name.as_bytes(), &[0], sql.as_ref(), &[0], &(types.len() as u16).to_be_bytes(), &oids])
}

fn codes(codes: &[u16]) -> Vec<u8> {
    [(codes.len() as u16).to_be_bytes().to_vec(), codes.iter().flat_map(|c| c.to_be_bytes()).collect()].concat()
}

/// Bind with format codes for parameters and results; `None` is NULL.
pub(crate) fn bind(portal: &str, statement: &str, formats: &[u16], values: &[Option<&[u8]>], results: &[u16]) -> Vec<u8> {
    let mut body = codes(formats);
    body.extend((values.len() as u16).to_be_bytes());
    for value in values {
        match value {
            None => body.extend((-1i32).to_be_bytes()),
            Some(bytes) => {
                body.extend((bytes.len() as u32).to_be_bytes());
                body.extend_from_slice(bytes);
            }
        }
    }
    body.extend(codes(results));
    frame(b'B', &[portal.as_bytes(), &[0], statement.as_bytes(), &[0], &body])
}

/// Bind of text values, all results in text.
pub(crate) fn bind_text(portal: &str, statement: &str, values: &[&str]) -> Vec<u8> {
    let values: Vec<Option<&[u8]>> = values.iter().map(|v| Some(v.as_bytes())).collect();
    bind(portal, statement, &[], &values, &[])
}

pub(crate) fn describe(what: u8, name: &str) -> Vec<u8> {
    frame(b'D', &[&[what], name.as_bytes(), &[0]])
}

pub(crate) fn execute(portal: &str, rows: u32) -> Vec<u8> {
    frame(b'E', &[portal.as_bytes(), &[0], &rows.to_be_bytes()])
}

pub(crate) fn close(what: u8, name: &str) -> Vec<u8> {
    frame(b'C', &[&[what], name.as_bytes(), &[0]])
}

pub(crate) fn sync() -> Vec<u8> {
    frame(b'S', &[])
}

pub(crate) fn flush() -> Vec<u8> {
    frame(b'H', &[])
}

pub(crate) fn terminate() -> Vec<u8> {
    frame(b'X', &[])
}

pub(crate) fn copy_data(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    frame(b'd', &[bytes.as_ref()])
}

pub(crate) fn copy_done() -> Vec<u8> {
    frame(b'c', &[])
}

pub(crate) fn copy_fail(why: &str) -> Vec<u8> {
    frame(b'f', &[why.as_bytes(), &[0]])
}

/// FunctionCall with text arguments and a text result.
pub(crate) fn function_call(oid: u32, values: &[&str]) -> Vec<u8> {
    let mut body = oid.to_be_bytes().to_vec();
    body.extend(codes(&[0]));
    body.extend((values.len() as u16).to_be_bytes());
    for value in values {
        body.extend((value.len() as u32).to_be_bytes());
        body.extend_from_slice(value.as_bytes());
    }
    body.extend(0u16.to_be_bytes());
    frame(b'F', &[&body])
}

/// A whole extended statement without Sync: unnamed statement and portal, text values.
pub(crate) fn statement(sql: &str, values: &[&str]) -> Vec<u8> {
    [parse("", sql, &[]), bind_text("", "", values), describe(b'P', ""), execute("", 0)].concat()
}
