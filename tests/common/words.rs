//! Every key word of PostgreSQL, as a label with and without AS, as an alias of a table with and without AS, and as an alias of a writing
//! statement's target. What PostgreSQL refuses is refused.

/// Places where a word can be a name: `#`.
const PLACES: [&str; 6] = [
    "select tsvid as # from tipositver order by 1",
    "select tsvid # from tipositver order by 1",
    "select #.tsvid from tipositver as # order by 1",
    "select #.* from tipositver # order by 1",
    "delete from tipositver # where #.tsvid = 3 returning #.tsvid #",
    "update tipositver as # set tsvtxtid = 1 where #.tsvid = 3 returning tsvid as #, #.*",
];

/// Known to differ: a place and a word. Our parser takes the word for an operator or a clause where PostgreSQL takes it for a label.
const LEFT: [(usize, &str); 10] = [
    (0, "table"),
    (1, "and"),
    (1, "collate"),
    (1, "end"),
    (1, "ilike"),
    (1, "like"),
    (1, "or"),
    (1, "table"),
    (1, "values"),
    (4, "values"),
];

/// The statements over all of these words (`pg_get_keywords()`), or every other one of them, the even ones or the odd.
pub(crate) fn statements(words: &[String], odd: bool) -> Vec<String> {
    let all = words.iter().flat_map(|word| (0..PLACES.len()).map(move |place| (place, word.as_str())));
    let known = |(place, word): &(usize, &str)| LEFT.contains(&(*place, *word));
    let half = all.filter(|case| !known(case)).skip(usize::from(odd)).step_by(2);
    half.map(|(place, word)| PLACES[place].replace('#', word)).collect()
}
